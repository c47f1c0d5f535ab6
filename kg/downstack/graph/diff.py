"""What two graph versions state differently, record by record.

Records are the same when they have the same name and say the same. A fact that one version lost and one that the other
gained are one changed fact where they are of the same entity, quantity and condition: what a person means by "the price
changed".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Entity, Fact, Influence, Relation, Source
from downstack.results.diff import Change, Difference, DiffReport, Kind

HEADLINES = (
    "time_per_output_token",
    "decode_tokens_per_second",
    "max_concurrent_sequences",
    "cost_per_million_output_tokens",
    "die_cost",
)
"""The answers that are compared unless others are named: how fast, how many at a time, at what price, down to silicon."""
HEADLINES_FOR: Mapping[str, str] = {"model": "llama-3.1-70b", "framework": "vllm"}
"""The combinations that they are compared in unless others are named: the ones of the README, on every chip and load."""

_Record = TypeVar("_Record", Relation, Influence)

_ORDER: Mapping[Kind, int] = {"entity": 0, "fact": 1, "relation": 2, "influence": 3}


def compare_knowledge(before: Knowledge, after: Knowledge) -> DiffReport:
    """Return everything that differs between an older and a newer version."""
    found = [
        *_entities(before.entities, after.entities),
        *_facts(before.facts, after.facts),
        *_relations(before.relations, after.relations),
        *_influences(before.influences, after.influences),
    ]
    found.sort(key=lambda item: (_ORDER[item.kind], item.name, item.iri))
    return DiffReport(before.version, after.version, tuple(found))


def _entities(before: Mapping[str, Entity], after: Mapping[str, Entity]) -> Iterable[Difference]:
    for slug in before.keys() | after.keys():
        old, new = before.get(slug), after.get(slug)
        # The file that describes it is where it is kept, and not what it is.
        if old is not None and new is not None and replace(old, file=new.file) == new:
            continue
        held = new or old
        if held is None:
            continue
        texts = [None if item is None else _entity(item) for item in (old, new)]
        yield Difference("entity", _change(old, new), slug, held.iri, texts[0], texts[1], None, None)


def _entity(item: Entity) -> str:
    parts = [f"{item.label!r}", item.type, *sorted(item.classes - {item.type, "Entity"})]
    if item.layer is not None:
        parts.append(f"layer {item.layer}")
    if item.aliases:
        parts.append(f"also {', '.join(item.aliases)}")
    if item.description:
        parts.append(item.description)
    return "; ".join(parts)


def _facts(before: Sequence[Fact], after: Sequence[Fact]) -> Iterable[Difference]:
    olds, news = {item.iri: item for item in before}, {item.iri: item for item in after}
    gone: dict[tuple[str, str, str | None], list[Fact]] = defaultdict(list)
    for iri, item in sorted(olds.items()):
        if iri not in news:
            gone[item.entity, item.quantity, item.condition].append(item)
    for iri, new in sorted(news.items()):
        old = olds.get(iri)
        if old is not None:
            if replace(old, file=new.file) != new:
                corrected = new.superseded_by is not None and old.superseded_by is None
                yield _fact("superseded" if corrected else "changed", old, new)
            continue
        group = gone.get((new.entity, new.quantity, new.condition))
        # Of several that are gone, the one from the same source is the one that was replaced.
        if group:
            old = next((item for item in group if item.source.iri == new.source.iri), group[0])
            group.remove(old)
        yield _fact("added" if old is None else "changed", old, new)
    for group in gone.values():
        for item in group:
            yield _fact("removed", item, None)


def _fact(change: Change, old: Fact | None, new: Fact | None) -> Difference:
    held = new or old
    if held is None:
        raise ValueError("a difference needs a fact")
    texts = [None if item is None else _value(item) for item in (old, new)]
    sources = [None if item is None else _source(item.source) for item in (old, new)]
    name = f"{held.entity}.{held.quantity}"
    corrected = None if new is None else new.superseded_by
    return Difference("fact", change, name, held.iri, texts[0], texts[1], sources[0], sources[1], corrected)


def _value(item: Fact) -> str:
    text = f"{item.literal} {item.unit}" if item.unit != "1" else item.literal
    kept = [
        part
        for part in (
            item.condition,
            None if item.as_of is None else f"as of {item.as_of}",
            None if item.valid_until is None else f"until {item.valid_until}",
            None if item.retracted_on is None else f"retracted on {item.retracted_on}: {item.retraction_reason}",
            item.confidence,
        )
        if part
    ]
    return f"{text} ({', '.join(kept)})"


def _relations(before: Sequence[Relation], after: Sequence[Relation]) -> Iterable[Difference]:
    yield from _records(
        "relation",
        {item.iri: item for item in before},
        {item.iri: item for item in after},
        lambda item: f"{item.subject} {item.predicate} {item.object}",
        lambda item: (
            "; ".join(
                part
                for part in (
                    item.as_of and f"as of {item.as_of}",
                    item.valid_until and f"until {item.valid_until}",
                    item.note,
                )
                if part
            )
            or "stated"
        ),
    )


def _influences(before: Sequence[Influence], after: Sequence[Influence]) -> Iterable[Difference]:
    yield from _records(
        "influence",
        {item.iri: item for item in before},
        {item.iri: item for item in after},
        lambda item: f"{item.source_entity} -> {item.target_entity}",
        lambda item: f"{item.sign} {item.strength}, {item.confidence} confidence: {item.mechanism}",
    )


def _records(
    kind: Kind,
    before: Mapping[str, _Record],
    after: Mapping[str, _Record],
    name: Callable[[_Record], str],
    text: Callable[[_Record], str],
) -> Iterable[Difference]:
    for iri in before.keys() | after.keys():
        old, new = before.get(iri), after.get(iri)
        held = new or old
        if old == new or held is None:
            continue
        texts = [None if item is None else text(item) for item in (old, new)]
        sources = [None if item is None else _source(item.source) for item in (old, new)]
        yield Difference(kind, _change(old, new), name(held), iri, texts[0], texts[1], sources[0], sources[1])


def _change(old: object | None, new: object | None) -> Change:
    return "added" if old is None else "removed" if new is None else "changed"


def _source(source: Source) -> str:
    return f"{source.title}, {source.locator}"
