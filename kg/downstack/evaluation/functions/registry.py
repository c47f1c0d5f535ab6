"""The registry of the functions with fitted constants."""

from __future__ import annotations

from downstack.performance.declare import FunctionRegistry

CALIBRATED = FunctionRegistry()
"""Functions whose constants were fitted on published measurements."""
