"""The list of entities: filtered, ordered, page by page."""

from __future__ import annotations

from typing import Annotated, Literal

import strawberry
from strawberry import UNSET

from downstack.errors import UserInputError
from downstack.graph.model import Entity as EntityRecord
from downstack.graph.selection import EntityOrdering, SelectedEntities, Selection
from downstack.graphql import relay
from downstack.graphql.arguments import After, Before, First, Last
from downstack.graphql.combinations import off_the_loop
from downstack.graphql.context import Info
from downstack.graphql.cursors import Sorted
from downstack.graphql.entities import Entity, entity_of
from downstack.graphql.enums import EntityOrder, SortDirection
from downstack.graphql.fields import resolved
from downstack.graphql.filters import EntityFilter
from downstack.graphql.inputs import given

_BY: dict[EntityOrder, Literal["slug", "label", "layer"]] = {
    EntityOrder.SLUG: "slug",
    EntityOrder.LABEL: "label",
    EntityOrder.LAYER: "layer",
}


@strawberry.type(description="Lists of entities.")
class EntityLists:
    """A part of the root of all questions."""

    @resolved("Entities, page by page.")
    async def entities(
        self,
        info: Info,
        filter: Annotated[EntityFilter | None, strawberry.argument(description="Which ones.")] = UNSET,
        order_by: Annotated[
            EntityOrder | None, strawberry.argument(description="The order; by slug at first.")
        ] = UNSET,
        first: First = 20,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
        order_by_quantity: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="In the order of the values of this quantity (identifier, IRI or CURIE) instead; entities "
                "without one come last."
            ),
        ] = UNSET,
        direction: Annotated[
            SortDirection | None, strawberry.argument(description="Which way the order goes.")
        ] = SortDirection.ASC,
    ) -> relay.Connection[Entity]:
        """List entities."""
        page = relay.page_of(info, first, after, last, before)
        wanted = given(filter)
        order = _ordering(given(order_by), given(order_by_quantity), direction is SortDirection.DESC)
        selection = Selection() if wanted is None else wanted.read()
        kg = info.context.kg

        def select() -> SelectedEntities:
            return kg.select(selection, order)

        # The whole list is kept in its order; what has to be looked for must not keep others waiting.
        found = select() if selection == Selection() and order.by != "quantity" else await off_the_loop(select)
        places: Sorted[EntityRecord] = Sorted(found.place, found.rank)
        return relay.paginate(
            found.entities,
            entity_of,
            places=places,
            scope=relay.scope_of("entities", selection, order),
            signer=info.context.signer,
            page=page,
        )


def _ordering(by: EntityOrder | None, quantity: str | None, descending: bool) -> EntityOrdering:
    if quantity is None:
        return EntityOrdering(_BY[by or EntityOrder.SLUG], descending)
    if by is not None:
        raise UserInputError("two orders are given", field="orderByQuantity", hint="give orderBy or orderByQuantity")
    return EntityOrdering("quantity", descending, quantity)
