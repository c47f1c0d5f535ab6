"""Directions without numbers: the sign algebra, and T12, that no number can come out of an influence."""

from __future__ import annotations

import dataclasses
import types
import typing

import pytest

from downstack.engine.engine import Engine
from downstack.engine.qualitative import multiply
from downstack.graph.model import Influence
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import FunctionRegistry
from downstack.results import QualitativeEffect

from .toy import FACTS, entity, toy_knowledge, toy_registry


def influence(slug: str, source: str, target: str, sign: str, affected: str = "", strength: str = "strong") -> str:
    named = f'dso:quantityAffected "{affected}" ; ' if affected else ""
    return (
        f"inf:{slug} a dso:QualitativeInfluence ; dso:influenceSource ds:{source} ; dso:influenceTarget ds:{target} ; "
        f'dso:sign "{sign}" ; dso:strength dso:{strength} ; dso:influenceConfidence dso:highConfidence ; '
        f'dso:direction "up" ; dso:mechanism "of a toy" ; {named}'
        f"dcterms:source src:toy .\n"
    )


EXTRA = "".join(entity(slug, "dso:Technique") for slug in ("toy-a", "toy-b", "toy-c", "toy-d"))


def effects(*edges: str, change: str = "x2") -> tuple[QualitativeEffect, ...]:
    kg = KnowledgeGraph(Engine(toy_knowledge(FACTS + EXTRA + "".join(edges)), toy_registry()))
    return kg.impact({"toy-chip-a.toy_bandwidth": change}).qualitative


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("+", "+", "+"), ("+", "-", "-"), ("-", "-", "+"), ("+", "?", "?"), ("0", "-", "0"), ("?", "0", "0")],
)
def test_signs_multiply_along_a_path(first: str, second: str, expected: str) -> None:
    assert multiply(first, second) == expected


def test_a_path_has_the_weakest_strength_and_loses_confidence_with_its_length() -> None:
    found = effects(
        influence("1", "toy-chip-a", "toy-a", "+"),
        influence("2", "toy-a", "toy-b", "-", strength="weak"),
        influence("3", "toy-b", "toy-c", "-"),
    )
    last = next(item for item in found if item.target == "toy-c")
    assert (last.path, last.sign, last.strength) == (("toy-chip-a", "toy-a", "toy-b", "toy-c"), "+", "weak")
    assert last.confidence == "medium"


def test_a_change_downwards_turns_the_signs() -> None:
    edge = influence("1", "toy-chip-a", "toy-a", "+")
    assert [item.sign for item in effects(edge)] == ["+"]
    assert [item.sign for item in effects(edge, change="-20%")] == ["-"]


def test_opposite_signs_for_the_same_thing_are_not_netted() -> None:
    found = effects(influence("1", "toy-chip-a", "toy-a", "+"), influence("2", "toy-chip-a", "toy-a", "-"))
    assert [item.sign for item in found] == ["?", "?"]


def test_opposite_signs_for_two_things_stand_side_by_side() -> None:
    found = effects(
        influence("1", "toy-chip-a", "toy-a", "+", affected="speed"),
        influence("2", "toy-chip-a", "toy-a", "-", affected="price"),
    )
    assert sorted(item.sign for item in found) == ["+", "-"]


def test_less_of_one_quantity_is_not_less_of_the_entity() -> None:
    """HBM lowers the latency of a framework; that does not make the framework less."""
    found = effects(
        influence("1", "toy-chip-a", "toy-a", "-", affected="latency"),
        influence("2", "toy-a", "toy-b", "+", affected="throughput"),
        influence("3", "toy-b", "toy-c", "+"),
    )
    assert [(item.target, item.sign) for item in found] == [("toy-a", "-"), ("toy-b", "?")]


def test_a_circle_of_influences_ends() -> None:
    found = effects(
        influence("1", "toy-chip-a", "toy-a", "+"),
        influence("2", "toy-a", "toy-b", "+"),
        influence("3", "toy-b", "toy-a", "-"),
    )
    assert [item.target for item in found] == ["toy-a", "toy-b"]


def test_what_is_said_of_a_technology_holds_for_its_generations(bundled: KnowledgeGraph) -> None:
    found = bundled.impact({"hbm3e.data_rate_per_pin": "+20%"}, targets=["memory_bandwidth"]).qualitative
    assert ("hbm3e", "hbm", "data-center", "agentic-application") in {item.path for item in found}


def types_below(kind: object, seen: set[object]) -> set[object]:
    """Return all types that the fields of a record can hold, at any depth."""
    if kind in seen:
        return seen
    seen.add(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        for hint in typing.get_type_hints(kind).values():
            types_below(hint, seen)
    for argument in typing.get_args(kind):
        types_below(argument, seen)
    return seen


def test_t12_no_number_is_reachable_from_a_qualitative_effect() -> None:
    for kind in (QualitativeEffect, Influence):
        found = types_below(kind, set())
        assert not found & {float, int, complex}
    assert types.NoneType in types_below(Influence, set())


def test_t12_without_functions_an_answer_has_directions_and_no_number_but_the_change_itself() -> None:
    empty = FunctionRegistry()
    knowledge = toy_knowledge(FACTS + EXTRA + influence("1", "toy-chip-a", "toy-a", "+"), registry=empty)
    report = KnowledgeGraph(Engine(knowledge, empty)).impact({"toy-chip-a.toy_bandwidth": "x2"})
    assert [item.quantity.id for item in report.effects] == ["toy_bandwidth"]
    assert [item.sign for item in report.qualitative] == ["+"]
