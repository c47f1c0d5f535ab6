"""What calibrations say of the error that a function has by itself."""

from __future__ import annotations

from downstack.performance.declare import RelativeError

TIME_PER_OUTPUT_TOKEN = RelativeError(
    0.23,
    "docs/calibration.md: root mean square of log(measured / computed) over 305 published rows of vLLM on H100, H200 and "
    "B200, each computed with constants that were fitted without its model; taken for other serving frameworks too",
)
"""Of the time between tokens as a whole; 0.46 to 0.51 is what a model of 8 billion parameters alone shows."""
