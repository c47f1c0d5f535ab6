"""Predict published measurements with the declared functions, and say how far off the predictions are."""
