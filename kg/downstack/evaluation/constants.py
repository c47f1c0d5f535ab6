"""The fitted constants, as facts of the graph: the calibration that they hold for, and their name."""

from __future__ import annotations

from downstack.evaluation.answers import Key
from downstack.graph.knowledge import Knowledge

CALIBRATION = "Calibration"


def constants_of(knowledge: Knowledge) -> dict[Key, float]:
    """Return the constants in base units, by the label of their calibration and the quantity.

    A graph without calibrations has none: predictions that rest on a constant then say what they lack.
    """
    return {
        (knowledge.entities[slug].label, fact.quantity): fact.value
        for slug in knowledge.members(CALIBRATION)
        for fact in reversed(knowledge.facts_by_entity.get(slug, ()))
    }
