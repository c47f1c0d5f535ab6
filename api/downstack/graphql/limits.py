"""What a document may cost, decided before it is validated or run.

What can be told from the document alone is told once, and kept beside it; what rests on variables is told for each set of
values that matters to it (a page size, a number of samples, the length of a list).
"""

from __future__ import annotations

from dataclasses import dataclass

from downstack.graphql.cost import Size, Variables, items_in
from downstack.graphql.errors import TOO_COMPLEX
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
)

HINT = "ask for smaller pages, fewer levels or fewer fields"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask."""

    characters: int = 100_000
    """Of the query; what an answer can be asked with has a few thousand."""
    tokens: int = 4_000
    depth: int = 24
    fields: int = 2_000
    """Of one operation with its fragments written out."""
    aliases: int = 100
    """The same way."""
    root_fields: int = 20
    fragments: int = 50
    spreads: int = 200
    """Of fragments, as they stand in the document."""
    repeats: int = 100
    """Fields that stand again, under the same name, in one selection; validation compares each with each."""
    directives: int = 50
    cost: float = 150_000
    """Values that the answer is estimated to hold."""
    items: int = 10_000
    """Items of all lists in the variables."""


LIMITS = Limits()


@dataclass(slots=True)
class _Shape:
    """What there is in a document, each node counted once."""

    fragments: int = 0
    spreads: int = 0
    repeats: int = 0
    directives: int = 0

    @classmethod
    def of(cls, document: DocumentNode) -> _Shape:
        """Count."""
        shape = cls()
        waiting: list[SelectionSetNode] = []
        for item in document.definitions:
            if isinstance(item, OperationDefinitionNode | FragmentDefinitionNode):
                shape.fragments += isinstance(item, FragmentDefinitionNode)
                shape.directives += len(item.directives or ())
                waiting.append(item.selection_set)
        while waiting:
            seen = set[str]()
            for node in waiting.pop().selections:
                shape.directives += len(node.directives or ())
                if isinstance(node, FragmentSpreadNode):
                    shape.spreads += 1
                    continue
                if isinstance(node, FieldNode):
                    name = (node.alias or node.name).value
                    shape.repeats += name in seen
                    seen.add(name)
                inside: SelectionSetNode | None = getattr(node, "selection_set", None)
                if inside is not None:
                    waiting.append(inside)
        return shape


def text_error(text: str, limits: Limits = LIMITS) -> GraphQLError | None:
    """Return why the text of a query is refused before it is parsed, or None."""
    return _above(limits, ("characters", len(text)))


def document_error(document: DocumentNode, limits: Limits = LIMITS) -> GraphQLError | None:
    """Return why a document is refused for its shape, or None."""
    shape = _Shape.of(document)
    return _above(
        limits,
        ("fragments", shape.fragments),
        ("spreads", shape.spreads),
        ("repeats", shape.repeats),
        ("directives", shape.directives),
    )


def operation_error(node: OperationDefinitionNode, size: Size, limits: Limits = LIMITS) -> GraphQLError | None:
    """Return why an operation is refused for its size, whatever its variables are, or None."""
    return _above(
        limits,
        ("root_fields", len(node.selection_set.selections)),
        ("depth", size.depth),
        ("fields", size.fields),
        ("aliases", size.aliases),
    )


def cost_error(size: Size, limits: Limits = LIMITS) -> GraphQLError | None:
    """Return why an operation is refused for what it would cost under its variables, or None."""
    return _above(limits, ("cost", size.cost))


def variables_error(variables: Variables, limits: Limits = LIMITS) -> GraphQLError | None:
    """Return why variables are refused for their size, or None."""
    return _above(limits, ("items", items_in(variables)))


_WORDS = {
    "characters": "characters",
    "depth": "levels",
    "fields": "fields",
    "root_fields": "root fields",
    "cost": "estimated values",
    "spreads": "spreads of fragments",
    "repeats": "fields that stand again",
    "items": "items in the lists of its variables",
}


def _above(limits: Limits, *found: tuple[str, float]) -> GraphQLError | None:
    for name, number in found:
        allowed = getattr(limits, name)
        if number > allowed:
            # A number of a thousand digits says no more than that there are too many.
            told = f"{int(number):,}" if number < 1e12 else f"more than {int(allowed):,}"
            return GraphQLError(
                f"the query has {told} {_WORDS.get(name, name)}; {int(allowed):,} are allowed",
                extensions={"code": TOO_COMPLEX, "hint": HINT},
            )
    return None
