"""Signs without numbers: influences that have no formula, composed in an algebra of their own.

A sign multiplies along a path; a path goes on through an entity as more of it or less of it, so where an influence lowers
one named quantity of an entity (its latency, its cost), what that does further on is ``?``. The strength is the weakest link, confidence is the least and falls by one level for
every two further links; paths that push the same thing in opposite directions give ``?`` and are never netted. No number enters or leaves.
What an influence says of a line, a family or a technology is taken to hold for its members (HBM for HBM3E).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import replace

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
        wholes = _wholes(knowledge, start)
        waiting: deque[tuple[Influence, ...]] = deque(
            (item,) for whole in wholes for item in outgoing.get(whole[-1], ())
        )
        way = {whole[-1]: whole for whole in wholes}
        while waiting and len(found) < MAX_PATHS:
            path = waiting.popleft()
            effect = _compose(way[path[0].source_entity], own, path)
            found.append(effect)
            # Beyond an unknown direction everything is unknown: saying so once is enough.
            if len(path) < MAX_LINKS and effect.sign != "?":
                visited = {*way, *(item.target_entity for item in path)}
                waiting.extend(
                    (*path, item)
                    for item in outgoing.get(path[-1].target_entity, ())
                    if item.target_entity not in visited
                )
    return _mark_conflicts(found)


def _wholes(knowledge: Knowledge, start: str) -> list[tuple[str, ...]]:
    """Return the ways from an entity to itself and to what it is a member of, nearest first."""
    members = knowledge.links.get("memberOf", {})
    found: list[tuple[str, ...]] = [(start,)]
    for way in found:
        found.extend((*way, whole) for whole in members.get(way[-1], ()) if whole not in way)
    return found


def _compose(start: tuple[str, ...], own: str, path: tuple[Influence, ...]) -> QualitativeEffect:
    sign = own
    for item in path[:-1]:
        sign = multiply(sign, "?" if item.sign == "-" and item.quantity_affected else item.sign)
    sign = multiply(sign, path[-1].sign)
    confidence = min(CONFIDENCES.index(item.confidence) for item in path) - (len(path) - 1) // 2
    return QualitativeEffect(
        path=(*start, *(item.target_entity for item in path)),
        target=path[-1].target_entity,
        sign=sign,
        strength=STRENGTHS[min(STRENGTHS.index(item.strength) for item in path)],
        confidence=CONFIDENCES[max(confidence, 0)],
        influences=path,
    )


def _mark_conflicts(found: list[QualitativeEffect]) -> tuple[QualitativeEffect, ...]:
    """Answer ``?`` where two ways push the same thing of the same entity in opposite directions."""
    signs: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for effect in found:
        signs[_affected(effect)].add(effect.sign)
    return tuple(replace(effect, sign="?") if {"+", "-"} <= signs[_affected(effect)] else effect for effect in found)


def _affected(effect: QualitativeEffect) -> tuple[str, str | None]:
    return effect.target, effect.influences[-1].quantity_affected
