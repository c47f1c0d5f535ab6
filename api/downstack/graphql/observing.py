"""What one request did: written while it is answered, read by logs, metrics and traces when it has been.

The middleware of the service sets an observation for the context of a request. Where there is none, as in a router that is
mounted into another application, nothing is written. An observation never holds a query, a variable or a header.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter
from typing import Protocol

from downstack.engine.stages import current_observer
from graphql import DocumentNode, FieldNode, OperationDefinitionNode, get_operation_ast

MAX_NAME = 64
"""Characters of the name of an operation, which the client chose."""
MAX_ROOTS = 20
MAX_SPANS = 50
"""Spans of one request: a search for a goal runs its formulas many times."""
MAX_CODES = 20
MAX_COST = 1e9
"""What is dearer than that was refused anyway, and need not be finite."""


class Span(Protocol):
    """The part of a span of OpenTelemetry that is used."""

    def set_attributes(self, attributes: Mapping[str, str | int | float]) -> None:
        """Add attributes."""
        ...

    def update_name(self, name: str) -> None:
        """Rename it."""
        ...


class Tracing(Protocol):
    """Makes spans."""

    def span(self, name: str) -> AbstractContextManager[Span]:
        """Return a span below the one of this context."""
        ...


class Observation:
    """One request; safe to write from the threads that work for it."""

    __slots__ = (
        "_lock",
        "_spans",
        "_tracing",
        "codes",
        "cost",
        "cut",
        "kind",
        "lookups",
        "name",
        "references",
        "request_id",
        "roots",
        "seconds",
    )

    def __init__(self, request_id: str = "", tracing: Tracing | None = None) -> None:
        self.request_id = request_id
        self.kind = ""
        """Query, mutation or subscription; empty where no document could be read."""
        self.name = ""
        """The name that the document gives the operation."""
        self.roots: tuple[str, ...] = ()
        """The root fields that the document asks for, which need not exist."""
        self.cost: float | None = None
        """The values that the answer was estimated to hold."""
        self.cut = ""
        """Why the answer ended before it was whole, after it had begun; empty where it is whole."""
        self.codes: list[str] = []
        self.references: list[str] = []
        """The ids of internal errors, which clients see and the log repeats."""
        self.seconds: dict[str, float] = {}
        """The time of each stage, all its turns together."""
        self.lookups: dict[tuple[str, bool], int] = {}
        """Cache and whether found, to how often."""
        self._tracing = tracing
        self._spans = 0
        self._lock = threading.Lock()

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """Measure a stage."""
        begun = perf_counter()
        try:
            with self._span(name):
                yield
        finally:
            taken = perf_counter() - begun
            with self._lock:
                self.seconds[name] = self.seconds.get(name, 0.0) + taken

    def looked_up(self, cache: str, hits: int, misses: int) -> None:
        """Count what was found in a cache."""
        with self._lock:
            for found, times in ((True, hits), (False, misses)):
                if times:
                    self.lookups[cache, found] = self.lookups.get((cache, found), 0) + times

    @contextmanager
    def operation(self) -> Generator[None]:
        """Surround the execution of a document."""
        with self._span("operation") as span:
            try:
                yield
            finally:
                if span is not None:
                    span.update_name(f"{self.kind or 'operation'} {self.name}".rstrip())
                    attributes: dict[str, str | int | float] = {
                        "graphql.operation.type": self.kind,
                        "graphql.operation.name": self.name,
                        "downstack.root_fields": ",".join(self.roots)[:200],
                        "downstack.cost": self.cost or 0.0,
                        "downstack.error_codes": ",".join(self.codes),
                    }
                    span.set_attributes({name: value for name, value in attributes.items() if value != ""})

    def failed(self, code: str, reference: str = "") -> None:
        """Note an error of the answer."""
        if len(self.codes) < MAX_CODES:
            self.codes.append(code)
            if reference:
                self.references.append(reference)

    def _span(self, name: str) -> AbstractContextManager[Span | None]:
        if self._tracing is None or self._spans >= MAX_SPANS:
            return nullcontext()
        self._spans += 1
        return self._tracing.span(name)


def current_observation() -> Observation | None:
    """Return the observation of this request, if there is one."""
    seen = current_observer()
    return seen if isinstance(seen, Observation) else None


def observe_operation() -> AbstractContextManager[None]:
    """Surround the execution of a document."""
    seen = current_observation()
    return nullcontext() if seen is None else seen.operation()


def observe_lookup(cache: str, *, found: bool) -> None:
    """Note whether a parsed or validated document was kept."""
    seen = current_observation()
    if seen is not None:
        seen.looked_up(cache, int(found), int(not found))


def observe_document(document: DocumentNode | None, operation_name: str | None) -> OperationDefinitionNode | None:
    """Note which operation a document is asked for; return it when it is observed."""
    seen = current_observation()
    if seen is None or document is None:
        return None
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        return None
    seen.kind = operation.operation.value
    # Of the document and not of the request: there it is a name by GraphQL's grammar.
    seen.name = "" if operation.name is None else operation.name.value[:MAX_NAME]
    fields = (node for node in operation.selection_set.selections if isinstance(node, FieldNode))
    seen.roots = tuple(
        dict.fromkeys(node.name.value[:MAX_NAME] for node, _ in zip(fields, range(MAX_ROOTS), strict=False))
    )
    return operation


def observe_cost(cost: float) -> None:
    """Note what an answer was estimated to cost."""
    seen = current_observation()
    if seen is not None:
        seen.cost = min(cost, MAX_COST)


def observe_error(code: str, reference: str = "") -> None:
    """Note an error of the answer, as the client sees it."""
    seen = current_observation()
    if seen is not None:
        seen.failed(code, reference)


def observe_cut(reason: str) -> None:
    """Note that the answer ended before it was whole, after it had begun."""
    seen = current_observation()
    if seen is not None:
        seen.cut = reason
