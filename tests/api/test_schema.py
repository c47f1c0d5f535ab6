"""The wire shape: what the contract promises, words on everything, and no number below a qualitative effect."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    print_ast,
)

from downstack.graph.model import LAYER_NAMES
from downstack.graphql import enums
from downstack.graphql.schema import schema_text
from downstack.results import Status

CHECKOUT = Path(__file__).resolve().parents[2]

FIELDS = {
    "Query": {
        "graph": "GraphInfo!",
        "layers": "[Layer!]!",
        "node": "Node",
        "entity": "Entity",
        "entities": "EntityConnection!",
        "search": "[SearchHit!]!",
        "influences": "InfluenceConnection!",
        "functions": "[PerformanceFunction!]!",
        "quantities": "[QuantityKind!]!",
        "value": "ValueReport!",
        "impact": "ImpactReport!",
        "sensitivity": "SensitivityReport!",
        "solve": "SolveReport!",
        "compare": "ComparisonReport!",
        "deployments": "DeploymentConnection!",
    },
    "ImpactReport": {
        "graphVersion": "String!",
        "method": "String!",
        "elapsedMs": "Float!",
        "partial": "Boolean!",
        "partialReason": "String",
        "effects": "EffectConnection!",
        "byLayer": "[LayerSummary!]!",
        "qualitative": "[QualitativeEffect!]!",
        "notReached": "[NotReached!]!",
    },
    "Effect": {
        "key": "EffectKey!",
        "layer": "Layer",
        "quantity": "QuantityKind!",
        "unit": "String!",
        "base": "Float",
        "scenario": "Float",
        "ratio": "Float",
        "change": "Float",
        "status": "EffectStatus!",
        "reason": "String",
        "band": "Band",
        "regime": "Regime",
        "flows": "[Flow!]!",
        "paths": "[EffectPath!]!",
        "otherPaths": "Float",
        "trace": "Trace!",
    },
    "Band": {
        "p10": "Float!",
        "p50": "Float!",
        "p90": "Float!",
        "probabilityOfRise": "Float",
        "probabilityOfFall": "Float",
        "probabilityUnchanged": "Float",
        "probabilityOfSwitch": "Float",
        "widestP10": "Float",
        "widestP90": "Float",
        "samples": "Int!",
    },
    "VarianceShare": {
        "kind": "UncertaintyKind!",
        "fact": "Fact",
        "function": "PerformanceFunction",
        "share": "Float!",
    },
    "FactCoverage": {
        "facts": "Int!",
        "varying": "Int!",
        "exact": "Int!",
        "assumptions": "Int!",
        "statement": "String!",
    },
    "TornadoBar": {
        "kind": "UncertaintyKind!",
        "fact": "Fact",
        "function": "PerformanceFunction",
        "inputP10": "Float!",
        "inputP90": "Float!",
        "atP10": "Float",
        "atP90": "Float",
        "swing": "Float",
    },
    "ScenarioDifference": {"first": "String!", "second": "String!", "change": "Float", "band": "Band"},
    "Flow": {"from": "String!", "to": "String!", "function": "String!", "amount": "Float!", "share": "Float"},
    "EffectPath": {"steps": "[String!]!", "amount": "Float!", "share": "Float"},
    "SensitivityReport": {
        "graphVersion": "String!",
        "key": "EffectKey!",
        "target": "QuantityKind!",
        "value": "Float",
        "unit": "String!",
        "status": "EffectStatus!",
        "inputs": "[Elasticity!]!",
    },
    "Elasticity": {
        "entity": "Entity!",
        "quantity": "QuantityKind!",
        "fact": "Fact",
        "elasticity": "Float",
        "atLow": "Float",
        "atHigh": "Float",
    },
    "SolveReport": {
        "graphVersion": "String!",
        "target": "QuantityKind!",
        "goal": "Float!",
        "unit": "String!",
        "vary": "String!",
        "varyUnit": "String!",
        "rows": "[SolveRow!]!",
    },
    "SolveRow": {
        "key": "EffectKey!",
        "reachable": "Boolean!",
        "value": "Float",
        "factor": "Float",
        "base": "Float",
        "closest": "Float",
        "cap": "String",
        "reason": "String",
    },
    "ComparisonReport": {"graphVersion": "String!", "scenarios": "[String!]!", "cells": "[ComparisonCell!]!"},
    "ComparisonCell": {
        "key": "EffectKey!",
        "quantity": "QuantityKind!",
        "unit": "String!",
        "base": "Float",
        "values": "[Float]!",
        "ratios": "[Float]!",
        "statuses": "[EffectStatus!]!",
    },
    "Trace": {
        "function": "PerformanceFunction",
        "value": "Float",
        "unit": "String!",
        "facts": "[Fact!]!",
        "inputs": "[Trace!]!",
        "assumptions": "[String!]!",
    },
    "Fact": {
        "id": "ID!",
        "entity": "Entity!",
        "quantity": "QuantityKind!",
        "value": "Float",
        "low": "Float",
        "high": "Float",
        "unit": "String!",
        "literal": "String!",
        "condition": "String",
        "asOf": "Date",
        "confidence": "Confidence!",
        "source": "Source!",
        "supersededBy": "Fact",
    },
    "ValueReport": {
        "value": "Float",
        "unit": "String!",
        "status": "EffectStatus!",
        "rows": "[ValueRow!]!",
        "trace": "Trace!",
    },
    "SearchHit": {"entity": "Entity!", "matched": "String!", "score": "Float!"},
}
ARGUMENTS = {
    "node": {"id": "ID!"},
    "entity": {"id": "ID!"},
    "entities": {"filter": "EntityFilter", "orderBy": "EntityOrder", "first": "Int = 20", "after": "String"},
    "search": {"text": "String!", "first": "Int = 10"},
    "influences": {"filter": "InfluenceFilter", "first": "Int = 20", "after": "String"},
    "functions": {"filter": "FunctionFilter"},
    "value": {"entity": "ID", "quantity": "ID!", "where": "WhereInput", "samples": "Int = 0", "asOf": "Date"},
    "impact": {
        "changes": "[ChangeInput!]!",
        "targets": "[ID!]",
        "where": "WhereInput",
        "samples": "Int = 0",
        "asOf": "Date",
    },
    "sensitivity": {"target": "ID!", "where": "WhereInput", "first": "Int = 10", "asOf": "Date"},
    "solve": {"target": "ID!", "goal": "Float!", "unit": "String", "vary": "QuantityRef!", "where": "WhereInput"},
    "compare": {
        "scenarios": "[ScenarioInput!]!",
        "targets": "[ID!]!",
        "where": "WhereInput",
        "samples": "Int = 0",
    },
    "deployments": {
        "model": "ID!",
        "workload": "ID",
        "objective": "Objective",
        "limits": "LimitsInput",
        "first": "Int = 20",
        "after": "String",
        "where": "WhereInput",
        "samples": "Int = 0",
        "asOf": "Date",
    },
}
INPUTS = {
    "LimitsInput": {
        "ttft": "Float",
        "tpot": "Float",
        "budget": "Float",
        "maxAccelerators": "Int",
        "weights": "[String!]",
    },
    "ChangeInput": {"entity": "ID!", "quantity": "ID!", "op": "ChangeOp!", "value": "Float!", "unit": "String"},
    "QuantityRef": {"entity": "ID!", "quantity": "ID!"},
    "ScenarioInput": {"name": "String!", "changes": "[ChangeInput!]!"},
    "WhereInput": {
        "model": "[ID!]",
        "accelerator": "[ID!]",
        "offering": "[ID!]",
        "workload": "[ID!]",
        "framework": "[ID!]",
        "layer": "[LayerName!]",
        "asOf": "Date",
    },
}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(schema_text())


def fields_of(schema: GraphQLSchema, name: str) -> dict[str, GraphQLField]:
    found = schema.type_map[name]
    assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType)
    return found.fields


def arguments_of(schema: GraphQLSchema, name: str, field: str) -> dict[str, str]:
    """The arguments as the schema prints them, with their defaults."""
    node = fields_of(schema, name)[field].ast_node
    assert node is not None
    return {
        item.name.value: print_ast(item.type) + (f" = {print_ast(item.default_value)}" if item.default_value else "")
        for item in node.arguments or ()
    }


@pytest.mark.parametrize("name", FIELDS)
def test_a_type_has_the_fields_of_the_contract(schema: GraphQLSchema, name: str) -> None:
    found = {field: str(item.type) for field, item in fields_of(schema, name).items()}
    assert {field: found.get(field) for field in FIELDS[name]} == FIELDS[name]


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_question_takes_the_arguments_of_the_contract(schema: GraphQLSchema, name: str) -> None:
    assert arguments_of(schema, "Query", name) == ARGUMENTS[name]


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_has_the_fields_of_the_contract(schema: GraphQLSchema, name: str) -> None:
    found = schema.type_map[name]
    assert isinstance(found, GraphQLInputObjectType)
    assert {key: str(item.type) for key, item in found.fields.items()} == INPUTS[name]


def test_effects_are_paged_as_the_contract_says(schema: GraphQLSchema) -> None:
    assert arguments_of(schema, "ImpactReport", "effects") == {
        "first": "Int = 20",
        "after": "String",
        "orderBy": "EffectOrder = ABS_RELATIVE",
    }


@pytest.mark.parametrize("field", ["flows", "paths", "otherPaths"])
def test_an_effect_tells_the_ten_largest_ways_unless_asked_for_more(schema: GraphQLSchema, field: str) -> None:
    assert arguments_of(schema, "Effect", field) == {"first": "Int = 10"}


def test_the_changes_and_the_subscriptions_are_those_of_the_contract(schema: GraphQLSchema) -> None:
    assert schema.mutation_type is not None
    assert set(schema.mutation_type.fields) == {"assertFact", "retractFact", "loadDataset", "saveScenario"}
    assert schema.subscription_type is not None
    assert {name: str(item.type) for name, item in schema.subscription_type.fields.items()} == {
        "impact": "ImpactProgress!",
        "graphChanged": "GraphInfo!",
    }


def test_every_type_field_argument_and_value_is_described(schema: GraphQLSchema) -> None:
    bare: list[str] = []
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        if not kind.description:
            bare.append(name)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, item in kind.fields.items():
                bare += [] if item.description else [f"{name}.{field}"]
                bare += [f"{name}.{field}({key}:)" for key, given in item.args.items() if not given.description]
        elif isinstance(kind, GraphQLInputObjectType):
            bare += [f"{name}.{field}" for field, item in kind.fields.items() if not item.description]
    assert bare == []


def test_no_number_is_reachable_below_a_qualitative_effect(schema: GraphQLSchema) -> None:
    waiting, seen = ["QualitativeEffect"], {"QualitativeEffect"}
    numbers: list[str] = []
    while waiting:
        name = waiting.pop()
        kind = schema.type_map[name]
        below: list[str] = []
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, item in kind.fields.items():
                inner = get_named_type(item.type).name
                numbers += [f"{name}.{field}"] if inner in ("Float", "Int") else []
                below.append(inner)
        if isinstance(kind, GraphQLInterfaceType):
            below += [item.name for item in schema.get_implementations(kind).objects]
        if isinstance(kind, GraphQLUnionType):
            below += [item.name for item in kind.types]
        waiting += [item for item in below if item not in seen]
        seen.update(below)
    assert numbers == []
    assert "Influence" in seen, "the walk went somewhere"
    assert seen.isdisjoint({"Entity", "Fact", "Effect", "Trace"})


def test_the_committed_schema_is_the_one_of_the_types() -> None:
    assert (CHECKOUT / "schema.graphql").read_text(encoding="utf-8") == schema_text()


def test_the_closed_vocabularies_are_those_of_the_library(schema: GraphQLSchema) -> None:
    assert tuple(item.name for item in enums.LayerName) == LAYER_NAMES
    assert {str(item) for item in Status} <= {item.name for item in enums.EffectStatus}
    orders = schema.type_map["EffectOrder"]
    assert isinstance(orders, GraphQLEnumType)
    assert list(orders.values) == ["ABS_RELATIVE", "ABS_CHANGE", "QUANTITY"]
