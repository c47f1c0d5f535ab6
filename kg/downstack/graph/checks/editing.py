"""Retractions and scenarios: facts that exist, names that exist, numbers that are numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator

from downstack.graph.checks.common import Fault, Names, at_most_one, dated, exactly_one, known, shown, word
from downstack.graph.statements import Text
from downstack.vocabulary import DSO, RDFS, XSD, shorten

OPERATIONS = ("SCALE", "ADD", "SET", "PERCENT")


def check_retractions(names: Names) -> Iterator[Fault]:
    """Yield the faults of retractions."""
    statements = names.statements
    retracted: dict[str, str] = {}
    nodes = statements.instances("Retraction")
    facts = set(statements.instances("Fact")) if nodes else set[str]()
    for node in nodes:
        yield from exactly_one(names, node, DSO + "retracts", "name the fact: dso:retracts fact:...")
        yield from exactly_one(names, node, DSO + "retractionReason", "say in a sentence why the fact no longer counts")
        yield from exactly_one(names, node, DSO + "retractedOn", "write the day: YYYY-MM-DD")
        yield from known(names, node, DSO + "retracts", facts, "fact", "name a fact that the graph holds")
        yield from dated(names, node, "retractedOn")
        for fact in statements.iris(node, DSO + "retracts"):
            if fact in retracted:
                what = f"{shorten(fact)} is retracted twice, also by {shorten(retracted[fact])}"
                yield Fault(node, DSO + "retracts", fact, what, "keep one", "retracted-twice")
            retracted[fact] = node


def check_scenarios(names: Names) -> Iterator[Fault]:
    """Yield the faults of scenarios, their changes and their filters."""
    statements = names.statements
    kinds, layers = names.members("QuantityKind"), names.members("Layer")
    changes, filters = set(statements.instances("ScenarioChange")), set(statements.instances("ScenarioFilter"))
    for node in statements.instances("Scenario"):
        yield from exactly_one(names, node, RDFS + "label", 'give it a name: rdfs:label "..."')
        yield from at_most_one(names, node, DSO + "asOf")
        yield from dated(names, node, "asOf", may_be_future=True)
        yield from known(names, node, DSO + "asksFor", kinds, "quantity", "name a quantity kind")
        yield from known(names, node, DSO + "hasChange", changes, "change", "describe it as a dso:ScenarioChange")
        yield from known(names, node, DSO + "hasFilter", filters, "filter", "describe it as a dso:ScenarioFilter")
    for node in sorted(changes):
        for name in ("changesEntity", "changesQuantity", "operation", "amount"):
            yield from exactly_one(names, node, DSO + name, f"say it: dso:{name}")
        yield from at_most_one(names, node, DSO + "unit")
        yield from known(names, node, DSO + "changesEntity", names.classes, "entity", "name an entity of the graph")
        yield from known(names, node, DSO + "changesQuantity", kinds, "quantity", "name a quantity kind")
        yield from word(names, node, "operation", OPERATIONS)
        yield from _amount(names, node)
    for node in sorted(filters):
        yield from exactly_one(names, node, DSO + "filterRole", 'name the role, for example "model"')
        admitted = layers if statements.text(node, DSO + "filterRole") == "layer" else names.classes
        yield from known(names, node, DSO + "admits", admitted, "entity", "name an entity of the graph, or a layer")


def _amount(names: Names, node: str) -> Iterator[Fault]:
    for value in names.statements.values(node, DSO + "amount"):
        if not isinstance(value, Text) or value.datatype != XSD + "double" or not _is_finite(value.value):
            what = f"dso:amount {shown(value)} is not a finite number of type xsd:double"
            yield Fault(node, DSO + "amount", value, what, "write it as 1.4e0, without quotes", "not-a-number")


def _is_finite(text: str) -> bool:
    try:
        return math.isfinite(float(text.replace("INF", "inf")))
    except ValueError:
        return False
