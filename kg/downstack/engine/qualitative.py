"""Signs without numbers: influences that have no formula, composed in an algebra of their own.

A sign multiplies along a path, the strength is the weakest link, confidence is the least and falls by one level for
every two further links; parallel paths of opposite sign give ``?`` and are never netted. No number enters or leaves.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping

from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Influence
from downstack.results import QualitativeEffect

STRENGTHS = ("weak", "moderate", "strong")
CONFIDENCES = ("low", "medium", "high")
MAX_LINKS = 4
MAX_PATHS = 200


def multiply(first: str, second: str) -> str:
    """Return the sign of two influences in a row."""
    if "0" in (first, second):
        return "0"
    if "?" in (first, second):
        return "?"
    return "+" if first == second else "-"


def qualitative_effects(knowledge: Knowledge, changed: Mapping[str, str]) -> tuple[QualitativeEffect, ...]:
    """Return the directions in which changed entities push others, nearest first.

    Parameters
    ----------
    knowledge
        The graph version.
    changed
        Slug to the sign of its own change: ``+`` more of it, ``-`` less, ``?`` unknown.
    """
    outgoing: dict[str, list[Influence]] = defaultdict(list)
    for influence in knowledge.influences:
        outgoing[influence.source_entity].append(influence)
    found: list[QualitativeEffect] = []
    for start, own in changed.items():
        waiting: deque[tuple[Influence, ...]] = deque((item,) for item in outgoing.get(start, ()))
        while waiting and len(found) < MAX_PATHS:
            path = waiting.popleft()
            found.append(_compose(start, own, path))
            if len(path) < MAX_LINKS:
                visited = {start, *(item.target_entity for item in path)}
                waiting.extend(
                    (*path, item)
                    for item in outgoing.get(path[-1].target_entity, ())
                    if item.target_entity not in visited
                )
    return _mark_conflicts(found)


def _compose(start: str, own: str, path: tuple[Influence, ...]) -> QualitativeEffect:
    sign = own
    for item in path:
        sign = multiply(sign, item.sign)
    confidence = min(CONFIDENCES.index(item.confidence) for item in path) - (len(path) - 1) // 2
    return QualitativeEffect(
        path=(start, *(item.target_entity for item in path)),
        target=path[-1].target_entity,
        sign=sign,
        strength=STRENGTHS[min(STRENGTHS.index(item.strength) for item in path)],
        confidence=CONFIDENCES[max(confidence, 0)],
        influences=path,
    )


def _mark_conflicts(found: list[QualitativeEffect]) -> tuple[QualitativeEffect, ...]:
    signs: dict[str, set[str]] = defaultdict(set)
    for effect in found:
        signs[effect.target].add(effect.sign)
    return tuple(
        QualitativeEffect(effect.path, effect.target, "?", effect.strength, effect.confidence, effect.influences)
        if {"+", "-"} <= signs[effect.target]
        else effect
        for effect in found
    )
