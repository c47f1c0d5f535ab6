"""The fitted constants, as facts of the graph: what they hold for, and their name."""

from __future__ import annotations

from downstack.evaluation.answers import Key
from downstack.graph.knowledge import Knowledge

CALIBRATION, FRAMEWORK = "Calibration", "ServingFramework"
FITTED = "fitted_"
"""How quantities begin that were fitted; a framework has facts of other kinds too."""


def constants_of(knowledge: Knowledge) -> dict[Key, float]:
    """Return the constants in base units, by the label of their calibration, or the slug of their framework, and the quantity.

    A graph without calibrations has none: predictions that rest on a constant then say what they lack.
    """
    held = {
        (knowledge.entities[slug].label, fact.quantity): fact.value
        for slug in knowledge.members(CALIBRATION)
        for fact in reversed(knowledge.facts_by_entity.get(slug, ()))
    }
    own = {
        (slug, fact.quantity): fact.value
        for slug in knowledge.members(FRAMEWORK)
        for fact in reversed(knowledge.facts_by_entity.get(slug, ()))
        if fact.quantity.startswith(FITTED)
    }
    return held | own
