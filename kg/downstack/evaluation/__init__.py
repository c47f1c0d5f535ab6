"""Predict published measurements with the declared functions, and say how far off the predictions are.

``rows`` reads a table, ``names`` finds its entities, ``predictors`` lists who answers which rows, ``kinds`` maps rows to
the quantities of declared functions, ``functions`` holds those with fitted constants, ``constants`` reads these from the
graph, ``predict`` puts answers and bands together, ``report`` compares. `benchmarks/calibrate.py` fits the constants.
"""
