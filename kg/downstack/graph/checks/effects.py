"""Published effects: what a reader of them relies on."""

from __future__ import annotations

import math
from collections.abc import Iterator

from downstack.graph.checks.common import Fault, Names, at_most_one, exactly_one, known, shown, sourced, word
from downstack.graph.statements import Text
from downstack.vocabulary import DSO, XSD, shorten

FORMS = ("ratio", "value", "at most")
_REMEDIES = {
    "effectOf": "name the influence: dso:effectOf inf:...",
    "effectForm": "say whether it is a ratio, a value, or what a value is at most",
    "effectLow": "give the lower end as a double",
    "effectHigh": "give the upper end as a double",
    "unit": 'name the unit; a ratio has "1"',
    "condition": "say of which model, chip and load it is",
}


def check_effects(names: Names) -> Iterator[Fault]:
    """Yield the faults of published effects."""
    statements = names.statements
    for node in statements.instances("PublishedEffect"):
        for name, remedy in _REMEDIES.items():
            yield from exactly_one(names, node, DSO + name, remedy)
        for name in ("effectFrom", "effectOn", "baseline", "baseCase", "changedCase", "notComputed"):
            yield from at_most_one(names, node, DSO + name)
        influences = names.members("QualitativeInfluence")
        yield from known(names, node, DSO + "effectOf", influences, "influence", "describe it, or correct the name")
        for name in ("effectFrom", "effectOn"):
            kinds = names.members("QuantityKind")
            yield from known(names, node, DSO + name, kinds, "quantity", "use a kind of ontology/terms")
        yield from word(names, node, "effectForm", FORMS)
        yield from sourced(names, node)
        yield from _ends(names, node)
        if bool(statements.values(node, DSO + "changedCase")) == bool(statements.values(node, DSO + "notComputed")):
            what = f"{shorten(node)} is compared with a formula and said not to be, or neither"
            yield Fault(node, None, None, what, "give dso:changedCase or dso:notComputed, not both", "effect-case")


def _ends(names: Names, node: str) -> Iterator[Fault]:
    numbers: dict[str, float] = {}
    for name in ("effectLow", "effectHigh"):
        for value in names.statements.values(node, DSO + name):
            number = _double(value) if isinstance(value, Text) else None
            if number is None or not math.isfinite(number):
                what = f"dso:{name} {shown(value)} is not a finite number of type xsd:double"
                yield Fault(node, DSO + name, value, what, "write it as 0.41e0, without quotes", "not-a-number")
            else:
                numbers[name] = number
    if numbers.get("effectLow", -math.inf) > numbers.get("effectHigh", math.inf):
        what = f"the lower end of {shorten(node)} is above its upper end"
        yield Fault(node, DSO + "effectLow", None, what, "exchange them", "range-of-value")


def _double(value: Text) -> float | None:
    try:
        return float(value.value) if value.datatype == XSD + "double" else None
    except ValueError:
        return None
