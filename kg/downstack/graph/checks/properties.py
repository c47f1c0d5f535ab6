"""Stated properties: dates that are dates, names that exist, a source for each."""

from __future__ import annotations

from collections.abc import Iterator

from downstack.graph.checks.common import (
    TYPE,
    Fault,
    Names,
    at_most_one,
    dated,
    exactly_one,
    is_date,
    known,
    shown,
    sourced,
)
from downstack.graph.statements import Text
from downstack.vocabulary import DSO, RDFS, shorten

_REMEDIES = {
    "subject": "name the entity: dso:subject ds:...",
    "property": "name the property kind: dso:property dso:...",
    "stated": "give the date, true or false, or the words of the source, in quotes",
    "confidence": "say how the source knows: dso:datasheet, dso:press, ...",
}
_VALUES = ("date", "text", "boolean")


def check_properties(names: Names) -> Iterator[Fault]:
    """Yield the faults of property kinds and of stated properties."""
    statements = names.statements
    types: dict[str, str | None] = {}
    for kind in statements.instances("PropertyKind"):
        yield from exactly_one(names, kind, DSO + "identifier", "give one name in snake_case")
        yield from exactly_one(names, kind, RDFS + "label", 'add rdfs:label "..."@en')
        yield from exactly_one(names, kind, DSO + "valueType", "say what its values are: date, text or boolean")
        types[kind] = statements.text(kind, DSO + "valueType")
        if types[kind] is not None and types[kind] not in _VALUES:
            what = f"{shorten(kind)} has the value type {types[kind]!r}, not one of {', '.join(_VALUES)}"
            yield Fault(kind, DSO + "valueType", None, what, "use one of them", "word")
    for node in statements.instances("StatedProperty"):
        if statements.nodes[node][TYPE].count(DSO + "StatedProperty") > 1:
            what = f"{shorten(node)} is stated more than once"
            yield Fault(node, TYPE, None, what, "give each statement its own name, or remove one", "duplicate-property")
        for name, remedy in _REMEDIES.items():
            yield from exactly_one(names, node, DSO + name, remedy)
        for name in ("note", "locator"):
            yield from at_most_one(names, node, DSO + name)
        yield from known(names, node, DSO + "subject", names.classes, "entity", "describe it, or correct the name")
        yield from known(names, node, DSO + "property", types, "property", "declare it as a dso:PropertyKind")
        yield from known(
            names, node, DSO + "confidence", names.members("Confidence"), "confidence", _REMEDIES["confidence"]
        )
        yield from sourced(names, node)
        yield from dated(names, node, "asOf")
        yield from _value(names, node, types)


def _value(names: Names, node: str, types: dict[str, str | None]) -> Iterator[Fault]:
    kinds = names.statements.iris(node, DSO + "property")
    wanted = types.get(kinds[0]) if kinds else None
    for value in names.statements.values(node, DSO + "stated"):
        stated = value.value if isinstance(value, Text) else ""
        if not stated.strip():
            yield Fault(node, DSO + "stated", value, f"{shorten(node)} states nothing", _REMEDIES["stated"], "stated")
        elif wanted == "date" and not is_date(stated):
            what = f"dso:stated {shown(value)} is not a date"
            yield Fault(node, DSO + "stated", value, what, "write YYYY, YYYY-MM or YYYY-MM-DD", "date")
        elif wanted == "boolean" and stated not in ("true", "false"):
            what = f"dso:stated {shown(value)} is neither true nor false"
            yield Fault(node, DSO + "stated", value, what, "write true or false, in quotes", "stated")
