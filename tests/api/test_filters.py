"""Filters and orders of entities over HTTP: typed fields, units, relations, and, or, not, and what they refuse."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, build_schema

from downstack.graph.bundled import relation_terms, stated_quantities
from downstack.graph.selection import EntityOrdering, QuantityCondition, RelationCondition, Selection
from downstack.graphql.schema import schema_text
from downstack.kg import KnowledgeGraph
from downstack.vocabulary import DSO

LIST = """query ($f: EntityFilter, $by: EntityOrder, $q: ID, $way: SortDirection) {
  entities(filter: $f, orderBy: $by, orderByQuantity: $q, direction: $way, first: 100) { totalCount nodes { slug } } }"""
FAST = {"quantities": {"memoryBandwidth": {"gte": 4, "unit": "TB/s"}}}


def slugs(ask: Any, filter: dict[str, Any], **order: str) -> list[str]:
    return [item["slug"] for item in ask(LIST, f=filter, **order)["entities"]["nodes"]]


def test_every_quantity_that_facts_may_state_is_a_field_with_its_unit(kg: KnowledgeGraph) -> None:
    found = build_schema(schema_text()).type_map["QuantityFilter"]
    assert isinstance(found, GraphQLInputObjectType)
    assert set(found.fields) == {kind.iri.removeprefix(DSO) for kind in stated_quantities()}
    assert {fact.quantity for fact in kg.facts} <= {kind.id for kind in stated_quantities()}
    assert {str(field.type) for field in found.fields.values()} == {"QuantityCondition"}
    assert found.fields["memoryBandwidth"].description == "The memory bandwidth, in GB/s."


def test_every_relation_of_the_vocabulary_is_a_value(kg: KnowledgeGraph) -> None:
    found = build_schema(schema_text()).type_map["RelationName"]
    assert isinstance(found, GraphQLEnumType)
    assert len(found.values) == len(relation_terms())
    assert {"FABRICATES", "PARTNERS_ON_SILICON", "USES_MEMORY"} <= set(found.values)
    assert {item.predicate for item in kg.relations} <= {term.name for term in relation_terms()}


@pytest.mark.parametrize(
    ("filter", "selection"),
    [
        (FAST, Selection(quantities=(QuantityCondition("memory_bandwidth", gte=4.0, unit="TB/s"),))),
        (
            {
                "quantities": {
                    "memoryCapacity": {"between": {"low": 100, "high": 200}},
                    "memoryBandwidth": {"exists": True},
                }
            },
            Selection(
                quantities=(
                    QuantityCondition("memory_capacity", between=(100.0, 200.0)),
                    QuantityCondition("memory_bandwidth", exists=True),
                )
            ),
        ),
        (
            {"namedQuantities": [{"quantity": "dso:memoryBandwidth", "value": {"lt": 1, "unit": "TB/s"}}]},
            Selection(quantities=(QuantityCondition("memory_bandwidth", lt=1.0, unit="TB/s"),)),
        ),
        (
            {"quantities": {"peakFlopsBf16Dense": {"gt": 1, "unit": "PFLOP/s", "confidence": ["DATASHEET"]}}},
            Selection(
                quantities=(
                    QuantityCondition("peak_flops_bf16_dense", gt=1.0, unit="PFLOP/s", confidence=("datasheet",)),
                )
            ),
        ),
        (
            {"relatedTo": {"relation": "FABRICATES", "entity": "TSMC", "stands": "OBJECT"}},
            Selection(relations=(RelationCondition("fabricates", "tsmc", "object"),)),
        ),
        (
            {"relatedTo": [{"predicate": "usesMemory", "stands": "SUBJECT", "other": {"text": "hbm3"}}]},
            Selection(relations=(RelationCondition("usesMemory", stands="subject", other=Selection(text="hbm3")),)),
        ),
        (
            {"type": ["Accelerator"], "not": FAST, "asOf": "2026", "confidence": ["PRESS", "ESTIMATE"]},
            Selection(
                classes=("Accelerator",),
                as_of="2026",
                confidence=("press", "estimate"),
                none_of=(Selection(quantities=(QuantityCondition("memory_bandwidth", gte=4.0, unit="TB/s"),)),),
            ),
        ),
        (
            {"or": [{"text": "gaudi"}, {"text": "tpu"}], "and": [{"layer": ["PROCESSORS"]}, {"text": "google"}]},
            Selection(
                any_of=(Selection(text="gaudi"), Selection(text="tpu")),
                all_of=(Selection(layers=("PROCESSORS",)), Selection(text="google")),
            ),
        ),
    ],
    ids=["unit", "several", "named", "confidence", "relation", "other end", "not", "and or"],
)
def test_a_filter_finds_what_the_library_finds(
    ask: Any, kg: KnowledgeGraph, filter: dict[str, Any], selection: Selection
) -> None:
    expected = [item.id for item in kg.select(selection).entities]
    assert ask(LIST, f=filter)["entities"]["totalCount"] == len(expected)
    assert slugs(ask, filter) == expected[:100]
    assert expected


def test_a_filter_may_stand_in_the_document_as_well(ask: Any, kg: KnowledgeGraph) -> None:
    query = """{ entities(filter: {quantities: {memoryBandwidth: {gte: 4, unit: "TB/s"}}}, first: 100) { nodes { slug } } }"""
    assert [item["slug"] for item in ask(query)["entities"]["nodes"]] == slugs(ask, FAST)


@pytest.mark.parametrize("way", ["ASC", "DESC"])
def test_entities_come_in_the_order_of_a_value(ask: Any, kg: KnowledgeGraph, way: str) -> None:
    order = EntityOrdering("quantity", way == "DESC", "memory_bandwidth")
    expected = [item.id for item in kg.select(Selection(classes=("Accelerator",)), order).entities]
    assert slugs(ask, {"type": ["Accelerator"]}, q="memory_bandwidth", way=way) == expected[:100]


@pytest.mark.parametrize("by", ["SLUG", "LABEL", "LAYER"])
def test_an_order_may_be_turned_round(ask: Any, kg: KnowledgeGraph, by: str) -> None:
    order = EntityOrdering(by.lower(), True)  # type: ignore[arg-type]  # one of the three
    assert slugs(ask, {}, by=by, way="DESC") == [item.id for item in kg.select(order=order).entities[:100]]


@pytest.mark.parametrize(
    ("filter", "code", "field"),
    [
        ({"quantities": {"memoryBandwidth": {"gte": 4, "unit": "GB"}}}, "BAD_USER_INPUT", "filter.quantities.memory_bandwidth.unit"),
        ({"quantities": {"memoryBandwidth": {"gte": 4, "unit": "TBps"}}}, "BAD_USER_INPUT", "filter.quantities.memory_bandwidth.unit"),
        ({"quantities": {"memoryBandwidth": {"between": {"low": 2, "high": 1}}}}, "BAD_USER_INPUT", "filter.quantities.memory_bandwidth.between"),
        ({"namedQuantities": [{"quantity": "bandwidht", "value": {}}]}, "NOT_FOUND", "filter.quantities"),
        ({"relatedTo": {"entity": "no such thing at all"}}, "NOT_FOUND", "filter.relatedTo.entity"),
        ({"relatedTo": {"predicate": "fabricate"}}, "NOT_FOUND", "filter.relatedTo.predicate"),
        ({"relatedTo": {"predicate": "fabricates", "relation": "FABRICATES"}}, "BAD_USER_INPUT", "filter.relatedTo"),
        ({"type": ["Acelerator"]}, "NOT_FOUND", "filter.type"),
        ({"asOf": "2026-02-30"}, "BAD_USER_INPUT", "asOf"),
        ({"not": {"not": {"not": {"not": {"not": {"text": "a"}}}}}}, "BAD_USER_INPUT", "filter"),
        ({"or": [{"text": "a"}] * 101}, "BAD_USER_INPUT", "filter"),
    ],
    ids=str,
)  # fmt: skip
def test_what_means_nothing_is_refused_where_it_stands(refused: Any, filter: Any, code: str, field: str) -> None:
    extensions = refused(LIST, f=filter)["extensions"]
    assert (extensions["code"], extensions["field"]) == (code, field)
    assert extensions["hint"]


def test_two_orders_are_refused(refused: Any) -> None:
    assert refused(LIST, by="LABEL", q="memory_bandwidth")["extensions"]["field"] == "orderByQuantity"


@pytest.mark.parametrize("depth", [60, 180, 2_000])
def test_a_filter_that_never_ends_is_refused_and_nothing_breaks(client: httpx.Client, depth: int) -> None:
    deep: dict[str, Any] = {"text": "a"}
    for _ in range(depth):
        deep = {"not": deep}
    try:
        answer = client.post("/graphql", json={"query": LIST, "variables": {"f": deep}})
    except RecursionError:
        body = '{"query": "query ($f: EntityFilter) { entities(filter: $f) { totalCount } }", "variables": {"f": '
        body += '{"not": ' * depth + "{}" + "}" * depth + "}}"
        answer = client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (200, 400)
    assert {error["extensions"]["code"] for error in answer.json()["errors"]} <= {"BAD_USER_INPUT", "TOO_COMPLEX"}
    assert client.get("/healthz").text == "ok\n"
