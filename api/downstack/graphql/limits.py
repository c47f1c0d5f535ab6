"""What a document may cost, decided before it is validated or run.

The estimate is linear in the size of the document: the cost of a fragment is computed once however often it is spread,
where a limiter that expands fragments takes exponential time on twenty fragments that spread each other twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from strawberry.extensions import ValidationCache

from downstack.engine.sampler import MAX_SAMPLES
from downstack.graphql.errors import TOO_COMPLEX
from downstack.graphql.observing import observe_cost, observe_document
from downstack.graphql.relay import DEFAULT_PAGE, MAX_PAGE
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

MAX_TOKENS = 4_000
MAX_DEPTH = 24
MAX_FIELDS = 2_000
"""Fields of one operation with its fragments written out."""
MAX_COST = 150_000
"""Values that the answer is estimated to hold."""
MAX_ROOT_FIELDS = 20

PAGED = frozenset({"entities", "influences", "effects", "search", "publishedEffects", "differences", "scenarios"})
LISTS = {
    "_entities": MAX_PAGE,
    "facts": 12,
    "properties": 8,
    "relations": 6,
    "influences": 4,
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
    "flows": 10,
    "paths": 10,
    "loops": 2,
    "varianceShares": 6,
    "tornado": 10,
    "differences": 3,
    "bands": 3,
    "dependencies": 50,
    "way": 4,
    "steps": 6,
    "exposures": 10,
    "chains": 4,
    "shares": 4,
}
"""Typical lengths of the lists without pages, and of flows and paths unless `first` says more."""

WORK = {
    "varianceShares": 2_000,
    "flows": 100,
    "paths": 100,
    "otherPaths": 100,
    "sensitivity": 500,
    "compare": 2_000,
    "solve": 10_000,
    "profile": 4_000,
    "shock": 10_000,
    "dependencies": 2_000,
    "deployments": 10_000,
    "diff": 40_000,
    "publishedEffects": 10_000,
    "costBand": 100,
    "timeBand": 100,
}
"""What a field costs before it holds a value, in values that take as long: these evaluate formulas many times."""
SAMPLE = 5
"""What one sample of a question costs, in the same values."""


@dataclass(frozen=True, slots=True)
class _Size:
    depth: int
    fields: int
    cost: float


_NOTHING = _Size(0, 0, 0.0)
_ENDLESS = _Size(MAX_DEPTH + 1, MAX_FIELDS + 1, float("inf"))


class _Estimate:
    """The estimate of one document."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            item.name.value: item for item in document.definitions if isinstance(item, FragmentDefinitionNode)
        }
        self._known: dict[str, _Size] = {}

    def of(self, selections: SelectionSetNode | None) -> _Size:
        if selections is None:
            return _NOTHING
        depth, fields, cost = 0, 0, 0.0
        for node in selections.selections:
            if isinstance(node, FieldNode):
                below = self.of(node.selection_set)
                times = _length(node)
                own = 1.0 + WORK.get(node.name.value, 0) + SAMPLE * _samples(node)
                size = _Size(below.depth + 1, below.fields + 1, own + times * below.cost)
            elif isinstance(node, InlineFragmentNode):
                size = self.of(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                size = self._fragment(node.name.value)
            else:
                continue
            depth, fields, cost = max(depth, size.depth), fields + size.fields, cost + size.cost
        return _Size(depth, fields, cost)

    def _fragment(self, name: str) -> _Size:
        if name not in self._known:
            # A fragment that spreads itself meets this entry; validation names the cycle.
            self._known[name] = _NOTHING
            found = self._fragments.get(name)
            size = _NOTHING if found is None else self.of(found.selection_set)
            self._known[name] = _ENDLESS if size.fields > MAX_FIELDS else size
        return self._known[name]


def _length(node: FieldNode) -> float:
    name = node.name.value
    sizes = [_page(argument.value) for argument in node.arguments or () if argument.name.value in ("first", "last")]
    # Two page sizes are refused by the resolver, but one of them may turn out to be null.
    return max(sizes, default=float(DEFAULT_PAGE if name in PAGED else LISTS.get(name, 1)))


def _page(size: ValueNode) -> float:
    if isinstance(size, IntValueNode):
        # A page size out of range is refused by its resolver, with a better message than this rule's.
        return float(min(max(int(size.value), 1), MAX_PAGE))
    # A page size given as a variable may be the largest allowed.
    return float(MAX_PAGE if isinstance(size, VariableNode) else DEFAULT_PAGE)


def _samples(node: FieldNode) -> int:
    for argument in node.arguments or ():
        if argument.name.value == "samples":
            if isinstance(argument.value, IntValueNode):
                return min(max(int(argument.value.value), 0), MAX_SAMPLES)
            return MAX_SAMPLES if isinstance(argument.value, VariableNode) else 0
    return 0


def document_error(document: DocumentNode) -> GraphQLError | None:
    """Return why a document is refused, or None."""
    estimate = _Estimate(document)
    for item in document.definitions:
        if not isinstance(item, OperationDefinitionNode):
            continue
        roots = len(item.selection_set.selections)
        size = estimate.of(item.selection_set)
        for what, found, allowed in (
            ("root fields", roots, MAX_ROOT_FIELDS),
            ("levels", size.depth, MAX_DEPTH),
            ("fields", size.fields, MAX_FIELDS),
            ("estimated values", size.cost, MAX_COST),
        ):
            if found > allowed:
                return GraphQLError(
                    f"the query has {'more than ' + str(allowed) if found == float('inf') else int(found)} {what}; "
                    f"{allowed} are allowed",
                    extensions={"code": TOO_COMPLEX, "hint": "ask for smaller pages, fewer levels or fewer fields"},
                )
    return None


def operation_cost(document: DocumentNode, operation: OperationDefinitionNode) -> float:
    """Return how many values the answer to an operation is estimated to hold."""
    return min(_Estimate(document).of(operation.selection_set).cost, 10.0 * MAX_COST)


# Keyed by the document itself, which the parser cache hands out again for the same text.
_cached_error = lru_cache(maxsize=128)(document_error)
_cached_cost = lru_cache(maxsize=128)(operation_cost)


class DocumentLimits(ValidationCache):
    """Refuses a document that is too large before its validation begins; validation is cached as in its parent."""

    def on_operation(self) -> Iterator[None]:
        """Bound the parser."""
        self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
        yield

    def on_validate(self) -> Iterator[None]:
        """Bound what is left, then validate."""
        document = self.execution_context.graphql_document
        operation = observe_document(document, self.execution_context.operation_name)
        if document is not None and operation is not None:
            observe_cost(_cached_cost(document, operation))
        error = None if document is None else _cached_error(document)
        if error is None:
            yield from super().on_validate()
        else:
            self.execution_context.pre_execution_errors = [error]
            yield
