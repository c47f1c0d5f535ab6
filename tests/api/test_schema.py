"""The wire shape: what the contract promises, words on everything, and no number below a qualitative effect."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    build_schema,
    get_named_type,
    parse,
    print_ast,
)

from downstack.graph.model import LAYER_NAMES
from downstack.graphql import enums
from downstack.graphql.schema import schema_text
from downstack.results import Status

CHECKOUT = Path(__file__).resolve().parents[2]

PROMISED = parse((Path(__file__).parent / "promised.graphql").read_text(encoding="utf-8"))
"""What users rely on, written down apart from the types that make the schema."""
Fields = (ObjectTypeDefinitionNode, InterfaceTypeDefinitionNode)
TYPES = {item.name.value: item for item in PROMISED.definitions if isinstance(item, Fields)}
INPUTS = {item.name.value: item for item in PROMISED.definitions if isinstance(item, InputObjectTypeDefinitionNode)}
ENUMS = {item.name.value: item for item in PROMISED.definitions if isinstance(item, EnumTypeDefinitionNode)}


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


def promised_arguments(field: FieldDefinitionNode) -> dict[str, str]:
    return {
        item.name.value: print_ast(item.type) + (f" = {print_ast(item.default_value)}" if item.default_value else "")
        for item in field.arguments or ()
    }


@pytest.mark.parametrize("name", TYPES)
def test_a_type_has_the_fields_that_are_promised(schema: GraphQLSchema, name: str) -> None:
    promised = {item.name.value: print_ast(item.type) for item in TYPES[name].fields or ()}
    found = {field: str(item.type) for field, item in fields_of(schema, name).items()}
    assert {field: found.get(field) for field in promised} == promised
    kind = schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    assert {item.name.value for item in TYPES[name].interfaces or ()} <= {item.name for item in kind.interfaces}


@pytest.mark.parametrize("name", TYPES)
def test_a_field_takes_the_arguments_that_are_promised_and_needs_no_others(schema: GraphQLSchema, name: str) -> None:
    for field in TYPES[name].fields or ():
        promised = promised_arguments(field)
        found = arguments_of(schema, name, field.name.value)
        assert {key: found.get(key) for key in promised} == promised
        more = {key: kind for key, kind in found.items() if key not in promised}
        assert [kind for kind in more.values() if kind.endswith("!")] == []


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_has_the_fields_that_are_promised_and_needs_no_others(schema: GraphQLSchema, name: str) -> None:
    found = schema.type_map[name]
    assert isinstance(found, GraphQLInputObjectType)
    types = {key: str(item.type) for key, item in found.fields.items()}
    promised = {item.name.value: print_ast(item.type) for item in INPUTS[name].fields or ()}
    assert {key: types.get(key) for key in promised} == promised
    assert [key for key, kind in types.items() if key not in promised and kind.endswith("!")] == []


@pytest.mark.parametrize("name", ENUMS)
def test_an_enumeration_has_the_values_that_are_promised(schema: GraphQLSchema, name: str) -> None:
    found = schema.type_map[name]
    assert isinstance(found, GraphQLEnumType)
    assert {item.name.value for item in ENUMS[name].values or ()} <= set(found.values)


def test_what_is_promised_is_a_part_of_the_schema_and_not_nothing() -> None:
    assert len(TYPES["Query"].fields or ()) == 19
    assert len(TYPES) > 30 and len(INPUTS) > 4


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
        elif isinstance(kind, GraphQLEnumType):
            bare += [f"{name}.{value}" for value, item in kind.values.items() if not item.description]
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
