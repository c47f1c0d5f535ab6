"""Analytical functions with fitted constants: what a real engine reaches under load.

They stand beside the functions of :mod:`downstack.performance`, build on their quantities and are declared in the same
way, in a registry of their own: the answers of the graph do not depend on them. Their constants are facts of a
calibration (`ontology/facts/frameworks/calibration-*.ttl`).
"""

from downstack.evaluation.functions import (
    attention_kernel,
    capacity,
    collective,
    energy,
    expert_dispatch,
    loaded_reads,
    loaded_step,
    loaded_work,
    products,
    serving,
    training,
    training_memory,
    training_rate,
    training_run,
)
from downstack.evaluation.functions.registry import CALIBRATED

MODULES = (
    loaded_reads,
    loaded_work,
    loaded_step,
    capacity,
    serving,
    energy,
    products,
    attention_kernel,
    capacity,
    collective,
    expert_dispatch,
    training,
    training_memory,
    training_rate,
    training_run,
)
"""The modules whose import fills the registry."""

__all__ = ["CALIBRATED", "MODULES"]
