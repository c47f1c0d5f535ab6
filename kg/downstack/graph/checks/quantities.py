"""Quantity kinds and binding roles: units that exist and fit, names that agree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from downstack.errors import UnitError
from downstack.graph.ages import is_duration
from downstack.graph.checks.common import LABEL, Fault, Names, at_most_one, exactly_one, known
from downstack.graph.statements import Text
from downstack.units import check, commensurable, dimension_in_words, factor
from downstack.vocabulary import DSO, SKOS, shorten

_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


def camel_case(identifier: str) -> str:
    """Return the local name of the term for an identifier: ``memory_bandwidth`` is ``memoryBandwidth``."""
    first, *others = identifier.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in others)


def check_quantities(names: Names) -> Iterator[Fault]:
    """Yield the faults of quantity kinds."""
    statements = names.statements
    seen: dict[str, str] = {}
    for kind in statements.instances("QuantityKind"):
        short = shorten(kind)
        for predicate in (LABEL, SKOS + "definition", DSO + "identifier", DSO + "baseUnit", DSO + "displayUnit"):
            yield from exactly_one(names, kind, predicate, f"add {shorten(predicate)}")
        for name in ("impliedDenominator", "inLayer", "formulaFirst", "nonNegative", "ageBudget", "atMost", "addsUpTo"):
            yield from at_most_one(names, kind, DSO + name)
        yield from known(names, kind, DSO + "inLayer", names.members("Layer"), "layer", "use dso:layer1 to dso:layer7")
        yield from known(
            names, kind, DSO + "appliesTo", names.entity_classes, "entity class", "use a class of entities.ttl"
        )
        identifier = statements.text(kind, DSO + "identifier") or ""
        if not _IDENTIFIER.fullmatch(identifier) or kind != DSO + camel_case(identifier):
            what = f"the identifier {identifier!r} does not belong to {short}"
            remedy = f"call the term dso:{camel_case(identifier)}, or write the term's name in snake_case"
            yield Fault(kind, DSO + "identifier", None, what, remedy, "identifier")
        elif identifier in seen:
            what = f"{short} and {shorten(seen[identifier])} have the same identifier {identifier!r}"
            yield Fault(kind, DSO + "identifier", None, what, "rename one", "identifier")
        seen.setdefault(identifier, kind)
        yield from _age_budget(names, kind)
        yield from _units(names, kind)


def _age_budget(names: Names, kind: str) -> Iterator[Fault]:
    for value in names.statements.values(kind, DSO + "ageBudget"):
        if not isinstance(value, Text) or not is_duration(value.value):
            what = f"the age budget of {shorten(kind)} is no duration"
            yield Fault(
                kind, DSO + "ageBudget", value, what, 'write "P12M"^^xsd:duration for twelve months', "duration"
            )


def _units(names: Names, kind: str) -> Iterator[Fault]:
    statements = names.statements
    units = {name: statements.text(kind, DSO + name) for name in ("baseUnit", "displayUnit", "impliedDenominator")}
    for name, unit in units.items():
        if unit is None:
            continue
        try:
            check(unit)
        except UnitError as error:
            value = statements.values(kind, DSO + name)[0]
            yield Fault(kind, DSO + name, value, error.message, error.hint or "use a declared unit", "unit")
            return
    base, display = units["baseUnit"], units["displayUnit"]
    if base is None or display is None:
        return
    if factor(base) != 1.0:
        what = f"the base unit {base!r} is {factor(base):g} base units"
        remedy = "use byte, FLOP, token, sequence, chip, USD and SI units without prefixes"
        yield Fault(kind, DSO + "baseUnit", None, what, remedy, "base-unit")
    if not commensurable(display, base, units["impliedDenominator"]):
        what = f"the display unit {display!r} measures {dimension_in_words(display)}, not {dimension_in_words(base)}"
        yield Fault(kind, DSO + "displayUnit", None, what, f"use a unit of {base}", "dimension")


def check_roles(names: Names) -> Iterator[Fault]:
    """Yield the faults of binding roles."""
    statements = names.statements
    roles = names.members("BindingRole")
    for role in statements.instances("BindingRole"):
        for name in ("identifier", "roleClass"):
            yield from exactly_one(names, role, DSO + name, f"add dso:{name}")
        yield from known(
            names, role, DSO + "roleClass", names.entity_classes, "entity class", "use a class of entities.ttl"
        )
        yield from known(names, role, DSO + "reachedFrom", roles, "binding role", "use a role of roles.ttl")
        yield from known(
            names, role, DSO + "via", names.members("RelationPredicate"), "relation predicate", "use a relation"
        )
        if bool(statements.values(role, DSO + "reachedFrom")) != bool(statements.values(role, DSO + "via")):
            what = f"{shorten(role)} has only one of dso:reachedFrom and dso:via"
            yield Fault(role, None, None, what, "give both for a determined role, none for a free one", "role")


def is_true(names: Names, subject: str, name: str) -> bool:
    """Return whether a boolean property of the vocabulary is stated to be true."""
    return any(
        isinstance(value, Text) and value.value in ("true", "1")
        for value in names.statements.values(subject, DSO + name)
    )
