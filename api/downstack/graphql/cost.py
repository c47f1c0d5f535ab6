"""What an operation may cost: an estimate in values of its answer, made before anything of it runs.

The estimate is linear in the size of the document: the size of a fragment is computed once however often it is spread,
where a limiter that expands fragments takes exponential time on twenty fragments that spread each other twice. It knows the
schema, so that a list counts as long as such lists are, and a page as large as it is asked for, in a variable too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from downstack.engine.sampler import MAX_SAMPLES
from downstack.graphql.relay import MAX_PAGE
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

UNLISTED = 10
"""What a list counts as that :data:`LISTS` does not know."""
LISTS = {
    "facts": 12,
    "ownFacts": 2,
    "properties": 8,
    "relations": 6,
    "influences": 4,
    "aliases": 1,
    "classes": 1,
    "inputs": 4,
    "assumptions": 4,
    "qualitative": 10,
    "byLayer": 7,
    "layers": 7,
    "functions": 40,
    "quantities": 120,
    "rows": 50,
    "cells": 100,
    "targets": 25,
    "profiles": 3,
    "flow": 24,
    "stock": 24,
    "binding": 3,
    "singlePoints": 4,
    "allocation": 6,
    "users": 4,
    "loops": 2,
    "varianceShares": 6,
    "tornado": 10,
    "differences": 3,
    "bands": 3,
    "way": 4,
    "steps": 6,
    "exposures": 10,
    "chains": 4,
    "shares": 4,
    "roles": 8,
    "pairs": 3,
    "assumes": 3,
    "regimes": 2,
    "increasing": 2,
    "decreasing": 2,
    "constants": 2,
    "validity": 1,
    "appliesTo": 1,
    "scenarios": 3,
    "ComparisonCell.values": 3,
    "ratios": 3,
    "statuses": 3,
    "disruptions": 2,
    "suppliers": 3,
    "excluded": 8,
    "stoppedBy": 1,
    "members": 4,
    "held": 1,
    "choices": 2,
    "questions": 2,
    "routes": 7,
    "candidates": 100,
    "notes": 1,
    "entities": 4,
    "links": 3,
    "numbers": 5,
    "restsOn": 1,
    "stages": 7,
    "timeParts": 2,
    "energyParts": 1,
    "costParts": 1,
    "valueParts": 1,
    "hidden": 1,
    "via": 1,
    "behind": 20,
    "unknown": 2,
    "releases": 20,
    "sources": 2,
    "Profile.values": 60,
    "Profile.statuses": 60,
    "path": 3,
    "changes": 1,
    "interventions": 1,
    "notReached": 3,
    "findings": 2,
    "DependencyReport.nodes": MAX_PAGE,
    "DependencyReport.steps": 60,
}
"""Typical lengths of the lists without pages, by field, or by type and field where a field of that name is another."""

WORK = {
    "varianceShares": 2_000,
    "flows": 100,
    "Effect.paths": 100,
    "otherPaths": 100,
    "Query.paths": 2_000,
    "sensitivity": 500,
    "compare": 2_000,
    "solve": 10_000,
    "profile": 4_000,
    "shock": 10_000,
    "Query.dependencies": 2_000,
    "Query.deployments": 10_000,
    "diff": 40_000,
    "publishedEffects": 10_000,
    "costBand": 100,
    "timeBand": 100,
}
"""What a field costs before it holds a value, in values that take as long: these evaluate formulas many times."""
SAMPLE = 5
"""What one sample of a question costs, in the same values."""
ITEM = {"changes": 5, "scenarios": 200, "disruptions": 200, "targets": 1, "representations": 20}
"""What one item of a list argument costs."""
PAGES = ("first", "last")
BELOW = frozenset({"Query.dependencies"})
"""Fields whose page is one list of what they answer with: that list counts as a full page, and the rest once."""
EACH = "representations"
"""The argument of a field that answers one thing for each item of it."""
CONTAINERS = frozenset({"nodes", "edges"})
"""Lists of a page, which counts as long as it is where it is asked for."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large an operation is with its fragments written out."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    cost: float = 0.0
    """Values that the answer is estimated to hold, and work that takes as long."""
    heavy: bool = False
    """Whether a field computes, in the words of the schema: is resolved by a coroutine."""


NOTHING = Size()

Variables = Mapping[str, object]


@dataclass(slots=True)
class Estimate:
    """The estimate of the operations of one document under some variables."""

    schema: GraphQLSchema
    document: DocumentNode
    variables: Variables
    visited: int = field(default=0, init=False)
    """Nodes that were looked at: bounded by those that the document has."""
    read: set[tuple[str, str]] = field(default_factory=set, init=False)
    """The variables that the estimate rests on, each with what of it: ``number`` or ``items``."""
    _fragments: dict[str, FragmentDefinitionNode] = field(init=False)
    _known: dict[str, Size] = field(default_factory=dict, init=False)
    _defaults: dict[str, ValueNode] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._fragments = {
            item.name.value: item for item in self.document.definitions if isinstance(item, FragmentDefinitionNode)
        }

    def operation(self, node: OperationDefinitionNode) -> Size:
        """Return the size of one operation."""
        self._known.clear()
        self._defaults = {
            item.variable.name.value: item.default_value
            for item in node.variable_definitions or ()
            if item.default_value is not None
        }
        return self._selections(node.selection_set, self.schema.get_root_type(node.operation))

    def _selections(self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None) -> Size:
        if selections is None:
            return NOTHING
        depth, fields, aliases, cost, heavy = 0, 0, 0, 0.0, False
        for node in selections.selections:
            self.visited += 1
            if isinstance(node, FieldNode):
                size = self._field(node, parent)
            elif isinstance(node, InlineFragmentNode):
                inside = parent if node.type_condition is None else self._type(node.type_condition.name.value)
                size = self._selections(node.selection_set, inside)
            elif isinstance(node, FragmentSpreadNode):
                size = self._fragment(node.name.value)
            else:
                continue
            depth, fields, aliases = max(depth, size.depth), fields + size.fields, aliases + size.aliases
            cost, heavy = cost + size.cost, heavy or size.heavy
        return Size(depth, fields, aliases, cost, heavy)

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Size:
        name = node.name.value
        found = self._definition(parent, name)
        below = self._selections(node.selection_set, None if found is None else get_named_type(found.type))
        owner = "" if parent is None else parent.name
        own = 1.0 + WORK.get(f"{owner}.{name}", WORK.get(name, 0)) + self._arguments(node)
        times = self._length(node, owner, found)
        return Size(
            below.depth + 1,
            below.fields + 1,
            below.aliases + (node.alias is not None),
            own + times * max(below.cost, 1.0 if times > 1 else 0.0),
            below.heavy or (found is not None and is_computed(found)),
        )

    def _fragment(self, name: str) -> Size:
        if name not in self._known:
            # A fragment that spreads itself meets this entry; validation names the cycle.
            self._known[name] = NOTHING
            found = self._fragments.get(name)
            if found is not None:
                inside = self._type(found.type_condition.name.value)
                self._known[name] = self._selections(found.selection_set, inside)
        return self._known[name]

    def _type(self, name: str) -> GraphQLNamedType | None:
        found = self.schema.type_map.get(name)
        return found if found is not None and is_composite_type(found) else None

    def _definition(self, parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return self.schema.get_field(parent, name)
        return None

    def _length(self, node: FieldNode, owner: str, found: GraphQLField | None) -> float:
        """Return how often what is below a field is in the answer."""
        if found is None:
            return 1.0
        place = f"{owner}.{node.name.value}"
        if place in BELOW:
            return 1.0
        for name in PAGES:
            if name in found.args:
                return self._page(node, name, found)
        if EACH in found.args:
            return float(sum(self._items(item.value) for item in node.arguments or () if item.name.value == EACH))
        kind = get_nullable_type(found.type)
        listed = introspected(self.schema).get(place) if owner.startswith("__") else LISTS.get(place)
        if listed is not None:
            return float(listed)
        if not is_list_type(kind) or (owner.endswith("Connection") and node.name.value in CONTAINERS):
            return 1.0
        return float(LISTS.get(node.name.value, UNLISTED))

    def _page(self, node: FieldNode, name: str, found: GraphQLField) -> float:
        asked = [item for item in node.arguments or () if item.name.value in PAGES]
        given = [number for item in asked if (number := self._number(item.value, MAX_PAGE)) is not None]
        default = found.args[name].default_value
        if not given:
            return float(default) if isinstance(default, int) else float(MAX_PAGE)
        # A page size out of range is refused by its resolver, with a better message than this estimate's.
        return float(min(max(1, *given), MAX_PAGE))

    def _arguments(self, node: FieldNode) -> float:
        cost = 0.0
        for item in node.arguments or ():
            self.visited += 1
            name = item.name.value
            if name == "samples":
                cost += SAMPLE * min(max(self._number(item.value, MAX_SAMPLES) or 0, 0), MAX_SAMPLES)
            elif name in ITEM:
                cost += ITEM[name] * self._items(item.value)
        return cost

    def _number(self, value: ValueNode, largest: int) -> int | None:
        """Return a whole number that is written out or given by a variable; the largest allowed where it is neither."""
        if isinstance(value, VariableNode):
            name = value.name.value
            self.read.add((name, "number"))
            if name not in self.variables:
                default = self._defaults.get(name)
                return None if default is None else self._number(default, largest)
            given = self.variables[name]
            if given is None:
                return None
            return given if isinstance(given, int) else largest
        if isinstance(value, NullValueNode):
            return None
        # Thousands of digits are refused as a number; here they only must not take long.
        return int(value.value) if isinstance(value, IntValueNode) and len(value.value) < 12 else largest

    def _items(self, value: ValueNode) -> int:
        """Return how many items the lists of an argument have in all."""
        if isinstance(value, VariableNode):
            name = value.name.value
            self.read.add((name, "items"))
            if name in self.variables:
                return items_in(self.variables[name])
            default = self._defaults.get(name)
            return 0 if default is None else self._items(default)
        if isinstance(value, ListValueNode):
            return sum(1 + self._items(item) for item in value.values)
        if isinstance(value, ObjectValueNode):
            return sum(self._items(item.value) for item in value.fields)
        return 0


@lru_cache(maxsize=8)
def introspected(schema: GraphQLSchema) -> dict[str, float]:
    """Return how many of its parts a schema has to tell, on average."""
    types = list(schema.type_map.values())
    fields = [item for kind in types for item in getattr(kind, "fields", {}).values() if isinstance(item, GraphQLField)]
    inputs = sum(len(kind.fields) for kind in types if isinstance(kind, GraphQLInputObjectType))
    values = sum(len(kind.values) for kind in types if isinstance(kind, GraphQLEnumType))
    interfaces = sum(len(getattr(kind, "interfaces", ())) for kind in types)
    count = len(types)
    return {
        "__Schema.types": count,
        "__Schema.directives": len(schema.directives),
        "__Type.fields": len(fields) / count,
        "__Type.inputFields": inputs / count,
        "__Type.enumValues": values / count,
        "__Type.interfaces": interfaces / count,
        "__Type.possibleTypes": interfaces / count,
        # Every type may be wrapped as often as it may be asked to be unwrapped; most are so once or twice.
        "__Type.ofType": 0.6,
        "__Field.args": sum(len(item.args) for item in fields) / len(fields),
        "__Directive.args": 2.0,
        "__Directive.locations": 3.0,
    }


def is_computed(found: GraphQLField) -> bool:
    """Return whether a field is resolved by a coroutine: whatever evaluates formulas is."""
    own = found.extensions.get("strawberry-definition")
    return bool(getattr(own, "is_async", False))


def items_in(value: object) -> int:
    """Return how many items the lists of a JSON value have in all; without recursion, as it may be deep."""
    count, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, Sequence) and not isinstance(item, str):
            count += len(item)
            waiting.extend(item)
    return count


def reads_of(read: set[tuple[str, str]], variables: Variables) -> tuple[object, ...]:
    """Return what an estimate rests on of some variables, as a key."""
    found: list[object] = []
    for name, kind in sorted(read):
        if name not in variables:
            found.append(Undefined)
        elif kind == "items":
            found.append(items_in(variables[name]))
        else:
            # What is no whole number counts as the largest, whatever it is.
            given = variables[name]
            found.append(given if given is None or isinstance(given, int) else "none")
    return tuple(found)


__all__ = ["ITEM", "LISTS", "SAMPLE", "WORK", "Estimate", "Size", "items_in", "reads_of"]
