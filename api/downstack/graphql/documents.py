"""Documents as they are run again and again: parsed, bounded and validated once, and kept within bounds of memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from downstack.graphql.cost import Estimate, Size, Variables, reads_of
from downstack.graphql.errors import TOO_COMPLEX
from downstack.graphql.limits import (
    HINT,
    LIMITS,
    Limits,
    cost_error,
    document_error,
    operation_error,
    text_error,
    variables_error,
)
from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)

MAX_KEPT = 1_000
"""Documents that are kept."""
MAX_WEIGHT = 25_000_000
"""Bytes, roughly, that they may take together."""
TOKEN_BYTES = 500
"""What one token takes as a part of the tree."""
MAX_ERRORS = 5
"""Errors of one document; one that is wrong in a thousand places is not told a thousand times."""
SIZES = 16
"""Estimates of one operation that are kept, for as many sets of values that matter to it."""


@dataclass(slots=True)
class Operation:
    """One operation of a valid document."""

    node: OperationDefinitionNode
    schema: GraphQLSchema
    document: DocumentNode
    limits: Limits
    _reads: set[tuple[str, str]] | None = None
    """The variables that the estimate rests on; None before the first."""
    _sizes: OrderedDict[tuple[object, ...], tuple[Size, GraphQLError | None]] = field(default_factory=OrderedDict)

    @property
    def kind(self) -> str:
        """``query``, ``mutation`` or ``subscription``."""
        return self.node.operation.value

    def size(self, variables: Variables) -> tuple[Size, GraphQLError | None]:
        """Return how large the operation is under some variables, and why it is refused if it is."""
        if self._reads is not None:
            key = reads_of(self._reads, variables) if self._reads else ()
            found = self._sizes.get(key)
            if found is not None:
                return found
        estimate = Estimate(self.schema, self.document, variables)
        try:
            size = estimate.operation(self.node)
        except RecursionError:
            size = Size(depth=self.limits.depth + 1)
        found = size, operation_error(self.node, size, self.limits) or cost_error(size, self.limits)
        # Which variables are looked at does not depend on what they hold.
        self._reads = estimate.read
        self._sizes[reads_of(self._reads, variables)] = found
        while len(self._sizes) > SIZES:
            self._sizes.popitem(last=False)
        return found


@dataclass(slots=True)
class Prepared:
    """A document that was looked at: what can be run of it, or what is wrong with it."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    operations: dict[str | None, Operation] = field(default_factory=dict)
    """By name, and the only one also by None."""

    def refusals(self, name: str | None, variables: Variables) -> list[GraphQLError]:
        """Return why an operation is refused under some variables; empty when it is not."""
        operation = self.operations.get(name)
        error = variables_error(variables) or (None if operation is None else operation.size(variables)[1])
        return [] if error is None else [error]


class Documents:
    """Prepares documents and keeps the last that were asked; safe to share between threads.

    Parameters
    ----------
    schema
        What they are validated against.
    introspection
        Whether they may ask for the schema; without it no error names what is near.
    limits
        What they may ask.
    """

    def __init__(self, schema: GraphQLSchema, *, introspection: bool = True, limits: Limits = LIMITS) -> None:
        self.schema = schema
        self.limits = limits
        self._introspection = introspection
        rules: list[type[ASTValidationRule]] = [*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule]
        if not introspection:
            rules.append(NoSchemaIntrospectionCustomRule)
        self._rules = tuple(rules)
        self._kept: OrderedDict[str, tuple[Prepared, int]] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def weight(self) -> int:
        """Bytes, roughly, that the kept documents take."""
        return self._weight

    def known(self, text: str) -> Prepared | None:
        """Return a document that is kept, and keep it longer."""
        with self._lock:
            found = self._kept.get(text)
            if found is None:
                return None
            self._kept.move_to_end(text)
            self.hits += 1
            return found[0]

    def prepare(self, text: str) -> Prepared:
        """Return a document, looked at now unless it is kept."""
        found = self.known(text)
        if found is not None:
            return found
        prepared = self.look(text)
        tokens = 0 if prepared.document is None else prepared.document.token_count
        weight = 2 * len(text) + TOKEN_BYTES * tokens
        with self._lock:
            self.misses += 1
            # One that is half of all that may be kept would push out what is asked again and again.
            if 2 * weight <= MAX_WEIGHT and text not in self._kept:
                self._kept[text] = prepared, weight
                self._weight += weight
                while self._weight > MAX_WEIGHT or len(self._kept) > MAX_KEPT:
                    _, (_, gone) = self._kept.popitem(last=False)
                    self._weight -= gone
        return prepared

    def look(self, text: str) -> Prepared:
        """Look at a document without keeping it."""
        if error := text_error(text, self.limits):
            return Prepared(None, (error,))
        try:
            document = parse(text, max_tokens=self.limits.tokens)
        except GraphQLSyntaxError as error:
            return Prepared(None, (_syntax(error),))
        if refused := document_error(document, self.limits):
            return Prepared(document, (refused,))
        operations: dict[str | None, Operation] = {}
        for node in document.definitions:
            if isinstance(node, OperationDefinitionNode):
                operation = Operation(node, self.schema, document, self.limits)
                # Validation takes fragments apart: what is too large in any case must not get there.
                if refused := operation_error(node, operation.size({})[0], self.limits):
                    return Prepared(document, (refused,))
                operations[None if node.name is None else node.name.value] = operation
        found = validate(
            self.schema,
            document,
            self._rules,
            max_errors=MAX_ERRORS,
            hide_suggestions=not self._introspection,
        )
        if found:
            return Prepared(document, tuple(found[:MAX_ERRORS]))
        if len(operations) == 1:
            operations[None] = next(iter(operations.values()))
        return Prepared(document, (), operations)


def _syntax(error: GraphQLSyntaxError) -> GraphQLError:
    deep = "nested too deep" in error.message or "tokens" in error.message
    if deep:
        error.extensions = {"code": TOO_COMPLEX, "hint": HINT}
    return error
