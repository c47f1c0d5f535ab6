"""What calibrations say: who owns the constants of a loaded engine, and the error that a function has by itself."""

from __future__ import annotations

from downstack.performance.citations import ROOFLINE
from downstack.performance.declare import RelativeError

FITTED = f"{ROOFLINE}; factors fitted on published measurements, docs/accuracy.md"
"""Of formulas whose constants are facts of the calibration of serving engines, `ontology/calibration/constants.ttl`."""

TIME_PER_OUTPUT_TOKEN = RelativeError(
    0.18,
    "docs/accuracy.md: root mean square of log(measured / computed) over 1,360 published times between tokens that took part"
    " in the fit; what the fit does not know of a model, chip or engine is in the ranges of the fitted constants",
)
"""Of the time between tokens as a whole."""
TIME_TO_FIRST_TOKEN = RelativeError(
    0.58,
    "docs/accuracy.md: root mean square of log(measured / computed) over 1,350 published times to the first token that took"
    " part in the fit, less that of the time between tokens",
)
"""Of the wait for the first token, beside the error of the time between tokens that it is counted in."""
