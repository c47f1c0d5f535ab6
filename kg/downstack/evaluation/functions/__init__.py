"""Analytical functions with fitted constants: what a real engine reaches under load.

They stand beside the functions of :mod:`downstack.performance`, build on their quantities and are declared in the same
way, in a registry of their own: the answers of the graph do not depend on them. Their constants are facts of a
calibration (`ontology/facts/frameworks/calibration-*.ttl`).
"""

from downstack.evaluation.functions import collective, energy, loaded_step, products, serving, training
from downstack.evaluation.functions.registry import CALIBRATED

MODULES = (loaded_step, serving, collective, products, training, energy)
"""The modules whose import fills the registry."""

__all__ = ["CALIBRATED", "MODULES"]
