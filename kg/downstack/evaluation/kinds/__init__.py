"""Predictors by what was measured: each claims rows, and says which declared functions answer them."""
