"""Arguments that several root fields take, with their words."""

from __future__ import annotations

from typing import Annotated

import strawberry

from downstack.graphql import inputs
from downstack.graphql.enums import Date

First = Annotated[int | None, strawberry.argument(description="The page size, 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The cursor after which to go on: endCursor of a page.")]
Last = Annotated[
    int | None, strawberry.argument(description="The page size of a walk backwards, 1 to 100; instead of `first`.")
]
Before = Annotated[
    str | None, strawberry.argument(description="The cursor before which to stop: startCursor of a page.")
]
Where = Annotated[inputs.WhereInput | None, strawberry.argument(description="Which combinations to look at.")]
AsOf = Annotated[Date | None, strawberry.argument(description="Answer with the facts of that date.")]
Name = Annotated[strawberry.ID, strawberry.argument(description="Slug, IRI, CURIE (ds:...) or unambiguous alias.")]
Samples = Annotated[
    int | None,
    strawberry.argument(
        description="How often to draw the uncertain facts and the errors of formulas for bands; 0 draws nothing."
    ),
]
Target = Annotated[
    strawberry.ID,
    strawberry.argument(description="A quantity (identifier, IRI or CURIE), or ENTITY.QUANTITY for one entity's."),
]


def selection_of(where: inputs.WhereInput | None, as_of: str | None = None) -> tuple[dict[str, list[str]], str | None]:
    """Return a filter and a date as the library takes them."""
    if where is None:
        return {}, as_of
    return where.selection(), as_of or where.as_of
