"""Analytical functions of what is measured beside the serving chain of the graph: kernels, collectives, training, energy.

They stand beside the functions of :mod:`downstack.performance`, build on their quantities and are declared in the same
way, in a registry of their own: the answers of the graph do not depend on them. Their constants are facts of
calibrations (`ontology/calibration/constants.ttl`), as are those of the serving chain.
"""

from downstack.evaluation.functions import (
    attention_kernel,
    capacity,
    collective,
    energy,
    expert_dispatch,
    products,
    run_settings,
    serving,
    training,
    training_memory,
    training_rate,
    training_run,
)
from downstack.evaluation.functions.registry import CALIBRATED

MODULES = (
    capacity,
    run_settings,
    serving,
    energy,
    products,
    attention_kernel,
    collective,
    expert_dispatch,
    training,
    training_memory,
    training_rate,
    training_run,
)
"""The modules whose import fills the registry."""

__all__ = ["CALIBRATED", "MODULES"]
