"""Facts: numbers that are numbers, units that fit, names that exist, a source for each."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import NamedTuple

from downstack.errors import UnitError
from downstack.graph.checks.common import (
    TYPE,
    Fault,
    Names,
    a_word,
    at_most_one,
    dated,
    exactly_one,
    known,
    order_of_dates,
    shown,
    sourced,
)
from downstack.graph.checks.quantities import is_true
from downstack.graph.statements import Text, Value
from downstack.units import commensurable, dimension_in_words
from downstack.vocabulary import DSO, XSD, shorten

_REMEDIES = {
    "subject": "name the entity: dso:subject ds:...",
    "quantity": "name the quantity kind: dso:quantity dso:...",
    "value": "give the number, or leave the whole fact out: missing stays missing",
    "literal": "repeat the number exactly as the source prints it",
    "unit": 'name the unit; a pure number has "1"',
    "confidence": "say how the source knows: dso:measured, dso:datasheet, dso:vendorClaim, dso:press, dso:estimate, dso:assumption",
}


class _Kind(NamedTuple):
    base_unit: str
    implied: str | None
    applies_to: frozenset[str]
    non_negative: bool
    at_most: float


def check_facts(names: Names) -> Iterator[Fault]:
    """Yield the faults of facts."""
    statements = names.statements
    kinds = {kind: _kind(names, kind) for kind in statements.instances("QuantityKind")}
    confidences = names.members("Confidence")
    facts = statements.instances("Fact")
    known_facts = set(facts)
    for fact in facts:
        if statements.nodes[fact][TYPE].count(DSO + "Fact") > 1:
            what = f"{shorten(fact)} is stated more than once"
            yield Fault(fact, TYPE, None, what, "give each fact its own name, or remove one", "duplicate-fact")
        for name, remedy in _REMEDIES.items():
            yield from exactly_one(names, fact, DSO + name, remedy)
        for name in ("low", "high", "condition", "note", "locator", "supersededBy"):
            yield from at_most_one(names, fact, DSO + name)
        yield from known(names, fact, DSO + "subject", names.classes, "entity", "describe it, or correct the name")
        yield from known(names, fact, DSO + "confidence", confidences, "confidence", _REMEDIES["confidence"])
        yield from known(names, fact, DSO + "supersededBy", known_facts, "fact", "name the fact that corrects this one")
        yield from sourced(names, fact)
        yield from dated(names, fact, "asOf")
        yield from dated(names, fact, "validUntil", may_be_future=True)
        yield from order_of_dates(names, fact)
        yield from _quantity(names, fact, kinds)


def _kind(names: Names, kind: str) -> _Kind:
    statements = names.statements
    return _Kind(
        statements.text(kind, DSO + "baseUnit") or "1",
        statements.text(kind, DSO + "impliedDenominator"),
        frozenset(statements.iris(kind, DSO + "appliesTo")),
        is_true(names, kind, "nonNegative"),
        next(
            (number for value in statements.values(kind, DSO + "atMost") if (number := _double(value)) is not None),
            math.inf,
        ),
    )


def _quantity(names: Names, fact: str, kinds: dict[str, _Kind]) -> Iterator[Fault]:
    quantities = names.statements.values(fact, DSO + "quantity")
    numbers = yield from _numbers(names, fact)
    if not quantities:
        return
    quantity = quantities[0]
    kind = None if isinstance(quantity, Text) else kinds.get(quantity)
    if kind is None or isinstance(quantity, Text):
        near = "" if isinstance(quantity, Text) else names.nearest(quantity, kinds)
        remedy = near or "declare it as a dso:QuantityKind in ontology/terms"
        what = f"unknown quantity {shown(quantity)}"
        yield Fault(fact, DSO + "quantity", quantity, what, remedy, "unknown-quantity")
        return
    yield from _subject(names, fact, quantity, kind)
    yield from _unit(names, fact, quantity, kind)
    if kind.non_negative:
        for name, number in numbers.items():
            if number < 0.0:
                what = f"dso:{name} {number:g} is negative, {shorten(quantity)} cannot be"
                yield Fault(fact, DSO + name, None, what, "correct the number", "negative")
    yield from _at_most(names, fact, quantity, kind, numbers)


def _at_most(names: Names, fact: str, quantity: str, kind: _Kind, numbers: dict[str, float]) -> Iterator[Fault]:
    # The bound is in the base unit: a fact in another unit of a bounded quantity would be compared with it wrongly.
    unit = names.statements.text(fact, DSO + "unit")
    if math.isinf(kind.at_most) or unit != kind.base_unit:
        return
    for name, number in numbers.items():
        if number > kind.at_most:
            what = f"dso:{name} {number:g} is above {kind.at_most:g}, the most that {shorten(quantity)} can be"
            yield Fault(fact, DSO + name, None, what, "correct the number", "at-most")


def _subject(names: Names, fact: str, quantity: str, kind: _Kind) -> Iterator[Fault]:
    for subject in names.statements.iris(fact, DSO + "subject"):
        classes = names.classes.get(subject)
        if classes is None or kind.applies_to & classes:
            continue
        if kind.applies_to:
            wanted = " or ".join(sorted(a_word(item) for item in kind.applies_to))
            what = f"{shorten(quantity)} is a quantity of {wanted}, which {shorten(subject)} is not"
            remedy = "choose another quantity kind, or state the subject's class"
        else:
            what = f"{shorten(quantity)} is only ever computed, so a fact of it would never be read"
            remedy = "choose another quantity kind, or give this one a dso:appliesTo"
        yield Fault(fact, DSO + "quantity", None, what, remedy, "applies-to")


def _unit(names: Names, fact: str, quantity: str, kind: _Kind) -> Iterator[Fault]:
    for value in names.statements.values(fact, DSO + "unit"):
        if not isinstance(value, Text):
            yield Fault(fact, DSO + "unit", value, f"the unit {shown(value)} is not text", "write it in quotes", "unit")
            continue
        try:
            fits = commensurable(value.value, kind.base_unit, kind.implied)
        except UnitError as error:
            remedy = error.hint or "use a unit that downstack/units/registry.txt declares"
            yield Fault(fact, DSO + "unit", value, error.message, remedy, "unit")
            continue
        if not fits:
            what = (
                f"the unit {value.value!r} measures {dimension_in_words(value.value)}, "
                f"but {shorten(quantity)} is {dimension_in_words(kind.base_unit)}"
            )
            yield Fault(fact, DSO + "unit", value, what, f"give it in a unit of {kind.base_unit}", "dimension")


def _numbers(names: Names, fact: str) -> Generator[Fault, None, dict[str, float]]:
    """Yield the faults of value and range; return the numbers that are numbers."""
    numbers: dict[str, float] = {}
    for name in ("value", "low", "high"):
        for value in names.statements.values(fact, DSO + name):
            number = _double(value)
            if number is None:
                what = f"dso:{name} {shown(value)} is not a number of type xsd:double"
                yield Fault(fact, DSO + name, value, what, "write it as 4800.0e0, without quotes", "not-a-number")
            elif not math.isfinite(number):
                what = f"dso:{name} {shown(value)} is not finite"
                yield Fault(fact, DSO + name, value, what, "leave a missing value out", "not-finite")
            else:
                numbers.setdefault(name, number)
    low, high = numbers.get("low", -math.inf), numbers.get("high", math.inf)
    if "value" in numbers and not low <= numbers["value"] <= high:
        what = f"the value {numbers['value']:g} lies outside its own range, {low:g} to {high:g}"
        yield Fault(fact, DSO + "value", None, what, "correct the value or the range", "range-of-value")
    return numbers


def _double(value: Value) -> float | None:
    if not isinstance(value, Text) or value.datatype != XSD + "double":
        return None
    try:
        return float(value.value.replace("INF", "inf"))
    except ValueError:
        return None
