"""Signs without numbers: influences that have no formula, composed in an algebra of their own.

They are followed after the numeric pass, from everything that it moved: from the changes themselves, and from the stated
quantities of single entities that formulas move with them. A path is numeric up to its first influence, and from there on
it is a direction: a sign, a strength, a confidence and the evidence, and no number.

A sign multiplies along a path; a path goes on through an entity as more of it or less of it, so where an influence lowers
one named quantity of an entity (its latency, its cost), what that does further on is ``?``. The strength is the weakest
link, confidence is the least and falls by one level for every two further links; paths that push the same thing in
opposite directions give ``?`` and are never netted. No number enters or leaves. What an influence says of a line, a family
or a technology is taken to hold for its members (HBM for HBM3E).

An influence that names the two quantities it connects holds for a rise of the first one only, and where a formula answers
for the second, the number stands and the direction is left out.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from downstack.engine.schema import Schema
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Influence
from downstack.results import QualitativeEffect

STRENGTHS = ("weak", "moderate", "strong")
CONFIDENCES = ("low", "medium", "high")
MAX_LINKS = 4
MAX_PATHS = 200
MAX_STARTS = 100
"""Entities that a question moves from which directions are followed."""


@dataclass(frozen=True, slots=True)
class Start:
    """An entity from which directions are followed, and what is known in numbers up to there."""

    entity: str
    quantity: str
    sign: str
    """``+`` more of it, ``-`` less, ``0`` as before, ``?`` unknown."""
    numeric: str
    """How far the quantity moved, in words."""


@dataclass(frozen=True, slots=True)
class Directions:
    """What the qualitative pass found, and why it is not all there is."""

    effects: tuple[QualitativeEffect, ...]
    partial_reason: str | None


def multiply(first: str, second: str) -> str:
    """Return the sign of two influences in a row."""
    if "0" in (first, second):
        return "0"
    if "?" in (first, second):
        return "?"
    return "+" if first == second else "-"


def qualitative_effects(
    knowledge: Knowledge, schema: Schema, starts: Sequence[Start], answered: Collection[str]
) -> Directions:
    """Return the directions in which moved entities push others, nearest first.

    Parameters
    ----------
    knowledge, schema
        The graph version and its formulas.
    starts
        What the numeric pass moved, the changes first. A way that two of them share is told once, from the first.
    answered
        The quantities that the answer has numbers for.
    """
    outgoing: dict[str, list[Influence]] = defaultdict(list)
    for influence in knowledge.influences:
        outgoing[influence.source_entity].append(influence)
    found: dict[tuple[str, ...], QualitativeEffect] = {}
    reason = None
    if len(starts) > MAX_STARTS:
        reason = f"directions are followed from {MAX_STARTS} of the {len(starts):,} entities that move"
    for start in starts[:MAX_STARTS]:
        reached = schema.descendants([start.quantity])
        wholes = _wholes(knowledge, start.entity)
        way = {whole[-1]: whole for whole in wholes}
        waiting: deque[tuple[Influence, ...]] = deque(
            (item,)
            for whole in wholes
            for item in outgoing.get(whole[-1], ())
            if item.changed_kind is None or item.changed_kind in reached
        )
        while waiting:
            if len(found) >= MAX_PATHS:
                reason = f"only the first {MAX_PATHS} directions without numbers are listed"
                break
            path = waiting.popleft()
            effect = _compose(start, way[path[0].source_entity], path)
            if not (len(path) == 1 and path[0].affected_kind in answered):
                found.setdefault(tuple(item.iri for item in path), effect)
            # Beyond an unknown direction everything is unknown: saying so once is enough.
            if len(path) < MAX_LINKS and effect.sign != "?":
                visited = {*way, *(item.target_entity for item in path)}
                waiting.extend(
                    (*path, item)
                    for item in outgoing.get(path[-1].target_entity, ())
                    if item.target_entity not in visited
                )
    return Directions(_mark_conflicts(list(found.values())), reason)


def _wholes(knowledge: Knowledge, start: str) -> list[tuple[str, ...]]:
    """Return the ways from an entity to itself and to what it is a member of, nearest first, one to each."""
    members = knowledge.links.get("memberOf", {})
    found: dict[str, tuple[str, ...]] = {start: (start,)}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        for whole in members.get(name, ()):
            if whole not in found:
                found[whole] = (*found[name], whole)
                waiting.append(whole)
    return list(found.values())


def _compose(start: Start, way: tuple[str, ...], path: tuple[Influence, ...]) -> QualitativeEffect:
    sign = start.sign
    for item in path[:-1]:
        sign = multiply(sign, "?" if item.sign == "-" and item.quantity_affected else item.sign)
    sign = multiply(sign, path[-1].sign)
    confidence = min(CONFIDENCES.index(item.confidence) for item in path) - (len(path) - 1) // 2
    return QualitativeEffect(
        path=(*way, *(item.target_entity for item in path)),
        target=path[-1].target_entity,
        sign=sign,
        strength=STRENGTHS[min(STRENGTHS.index(item.strength) for item in path)],
        confidence=CONFIDENCES[max(confidence, 0)],
        influences=path,
        numeric=start.numeric,
    )


def _mark_conflicts(found: list[QualitativeEffect]) -> tuple[QualitativeEffect, ...]:
    """Answer ``?`` where two ways push the same thing of the same entity in opposite directions."""
    signs: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for effect in found:
        signs[_affected(effect)].add(effect.sign)
    return tuple(replace(effect, sign="?") if {"+", "-"} <= signs[_affected(effect)] else effect for effect in found)


def _affected(effect: QualitativeEffect) -> tuple[str, str | None]:
    return effect.target, effect.influences[-1].quantity_affected
