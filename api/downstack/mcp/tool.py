"""What a tool is: its words, the schemas of its arguments and answer, and the function that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from downstack.kg import KnowledgeGraph
from downstack.mcp.pages import Pages
from downstack.mcp.schema import AFTER, PAGES, Schema, answer, record
from downstack.wire.provenance import Json


@dataclass(frozen=True, slots=True)
class Question:
    """One call of a tool, with arguments that its schema admits."""

    kg: KnowledgeGraph
    arguments: Mapping[str, Any]
    pages: Pages

    def get(self, name: str, default: Any = None) -> Any:
        """Return an argument."""
        return self.arguments.get(name, default)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that reads."""

    name: str
    title: str
    description: str
    arguments: Mapping[str, Schema]
    gives: Mapping[str, Schema]
    """The fields of its answer beside the graph version."""
    run: Callable[[Question], Json]
    required: tuple[str, ...] = ()
    paged: bool = False
    """Whether it has lists that go on with ``after``."""
    work: tuple[str, ...] = ()
    """The fields of GraphQL that do the same work: they say what it costs before it holds a value."""

    @property
    def input_schema(self) -> Schema:
        """The schema of the arguments."""
        return record({**self.arguments, **({"after": AFTER} if self.paged else {})}, self.required)

    @property
    def output_schema(self) -> Schema:
        """The schema of the answer."""
        return answer({**self.gives, **({"pages": PAGES} if self.paged else {})})

    @property
    def page_size(self) -> int:
        """The items of a list unless a call says how many."""
        return int(self.arguments.get("first", {}).get("default", 1))
