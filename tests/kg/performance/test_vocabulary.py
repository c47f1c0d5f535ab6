"""Every quantity that a formula reads or returns is a term of the ontology, with the unit that the formula declares."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import RDF, Graph, Namespace

from downstack.performance import REGISTRY
from downstack.units import commensurable

DSO = Namespace("https://w3id.org/downstack/ontology#")
TERMS = Path(__file__).parents[3] / "ontology" / "terms"


@pytest.fixture(scope="module")
def quantities() -> dict[str, tuple[str, str, str | None]]:
    """Base unit, display unit and implied denominator by identifier."""
    graph = Graph()
    for path in sorted(TERMS.glob("quantities*.ttl")):
        graph.parse(path)
    found = {}
    for kind in graph.subjects(RDF.type, DSO.QuantityKind):
        implied = graph.value(kind, DSO.impliedDenominator)
        found[str(graph.value(kind, DSO.identifier))] = (
            str(graph.value(kind, DSO.baseUnit)),
            str(graph.value(kind, DSO.displayUnit)),
            None if implied is None else str(implied),
        )
    return found


def test_every_quantity_of_a_formula_is_a_term_with_the_same_unit(quantities):
    for item in REGISTRY:
        if not item.module.startswith("downstack.performance."):
            continue
        assert quantities[item.returns][0] == item.unit, item.returns
        for read in item.inputs:
            assert quantities[read.name][0] == read.unit, f"{read.name} of {item.name}"


def test_every_display_unit_measures_what_the_base_unit_measures(quantities):
    for name, (base, display, implied) in quantities.items():
        assert commensurable(display, base, implied), name


def test_a_term_is_named_like_its_identifier():
    graph = Graph().parse(TERMS / "quantities.ttl")
    for kind in graph.subjects(RDF.type, DSO.QuantityKind):
        first, *others = str(graph.value(kind, DSO.identifier)).split("_")
        assert str(kind) == str(DSO) + first + "".join(word.capitalize() for word in others)
