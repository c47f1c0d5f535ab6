"""The root fields: each resolves names, asks the library, and wraps what it answers."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from downstack import results
from downstack.graph import model
from downstack.graphql import answers, inputs, relay, terms, values
from downstack.graphql.arguments import After, AsOf, Before, First, Last, Name, Samples, Where, selection_of
from downstack.graphql.combinations import off_the_loop
from downstack.graphql.context import Info
from downstack.graphql.cursors import Sorted
from downstack.graphql.dependencies import Dependencies
from downstack.graphql.deployments import Deployments
from downstack.graphql.entities import Entity, SearchHit, entity_of, node_of
from downstack.graphql.entity_list import EntityLists
from downstack.graphql.fields import resolved
from downstack.graphql.goals import Goals
from downstack.graphql.inputs import given
from downstack.graphql.journey import Journeys
from downstack.graphql.published import PublishedEffects
from downstack.graphql.releases import Releases
from downstack.graphql.scenarios import Scenarios
from downstack.graphql.shock import Shocks

MAX_TEXT = 300
"""Characters of a search text that are looked at."""


@strawberry.type(description="Questions to the graph.")
class Query(EntityLists, Goals, Shocks, Deployments, Journeys, Dependencies, PublishedEffects, Releases, Scenarios):
    """The root of all questions."""

    @resolved("The graph version that answers, and how much it holds.")
    def graph(self, info: Info) -> terms.GraphInfo:
        """Describe what is loaded."""
        return terms.GraphInfo.of(info.context.kg.info)

    @resolved("The seven layers, applications first.")
    def layers(self, info: Info) -> list[terms.Layer]:
        """List the layers."""
        return [terms.Layer.of(item) for item in info.context.kg.layers]

    @resolved("The thing of that identifier (entity, fact, relation, influence); null when absent.")
    def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The `id` of any node.")],
    ) -> terms.Node | None:
        """Find a node."""
        return node_of(id, info)

    @resolved("The entity of that name; an unknown or ambiguous one is an error with near names.")
    def entity(self, info: Info, id: Name) -> Entity | None:
        """Find an entity."""
        return entity_of(info.context.kg.resolve(id, field="id"))

    @resolved("Entities by label or alias, typo tolerant, best first.")
    async def search(
        self,
        info: Info,
        text: Annotated[str, strawberry.argument(description="What to look for.")],
        first: Annotated[int | None, strawberry.argument(description="How many, 1 to 100.")] = 10,
    ) -> list[SearchHit]:
        """Search entities."""
        count = relay.check_first(10 if first is None else first)
        hits = await off_the_loop(lambda: info.context.kg.search(text[:MAX_TEXT], count))
        return [SearchHit(entity=entity_of(hit.entity), matched=hit.matched, score=hit.score) for hit in hits]

    @resolved("Qualitative influences between layers, page by page.")
    def influences(
        self,
        info: Info,
        filter: Annotated[inputs.InfluenceFilter | None, strawberry.argument(description="Which ones.")] = UNSET,
        first: First = 20,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> relay.Connection[terms.Influence]:
        """List influences."""
        page = relay.page_of(info, first, after, last, before)
        return relay.paginate(
            _select_influences(info, given(filter)),
            terms.Influence.of,
            places=_BY_IRI,
            scope=relay.scope_of("influences", given(filter)),
            signer=info.context.signer,
            page=page,
        )

    @resolved("Performance functions by name.")
    def functions(
        self,
        info: Info,
        filter: Annotated[inputs.FunctionFilter | None, strawberry.argument(description="Which ones.")] = UNSET,
    ) -> list[terms.PerformanceFunction]:
        """List functions."""
        kg = info.context.kg
        wanted = given(filter) or inputs.FunctionFilter()
        returns = None if wanted.returns is None else kg.quantity(wanted.returns, field="filter.returns").id
        reads = None if wanted.reads is None else kg.quantity(wanted.reads, field="filter.reads").id
        return [
            terms.PerformanceFunction.of(item)
            for item in kg.functions
            if (wanted.name is None or item.name in wanted.name)
            and (returns is None or item.returns == returns)
            and (reads is None or reads in item.input_names)
        ]

    @resolved("All kinds of quantity by identifier.")
    def quantities(self, info: Info) -> list[terms.QuantityKind]:
        """List quantities."""
        kinds = info.context.kg.quantities
        return [terms.QuantityKind.of(kinds[name]) for name in sorted(kinds)]

    @resolved("How much a quantity is, for every combination that matches, with its trace.")
    async def value(
        self,
        info: Info,
        quantity: Annotated[strawberry.ID, strawberry.argument(description="Identifier, IRI or CURIE (dso:...).")],
        entity: Annotated[strawberry.ID | None, strawberry.argument(description="Only for this entity.")] = UNSET,
        where: Where = UNSET,
        samples: Samples = 0,
        as_of: AsOf = UNSET,
    ) -> values.ValueReport:
        """Ask for a value."""
        selection, when = selection_of(given(where), given(as_of))

        def ask() -> results.ValueReport:
            return info.context.kg.value(quantity, given(entity), selection, samples or 0, when)

        return values.ValueReport.of(await off_the_loop(ask))

    @resolved("What some changes do, layer by layer.")
    async def impact(
        self,
        info: Info,
        changes: Annotated[list[inputs.ChangeInput], strawberry.argument(description="What changes.")],
        targets: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Quantities to report; all that are reached unless given."),
        ] = UNSET,
        where: Where = UNSET,
        samples: Samples = 0,
        as_of: AsOf = UNSET,
    ) -> answers.ImpactReport:
        """Ask for an impact."""
        selection, when = selection_of(given(where), given(as_of))
        asked = [item.change() for item in changes]
        wanted = given(targets)
        names = None if wanted is None else [str(item) for item in wanted]

        def ask() -> results.ImpactReport:
            return info.context.kg.impact(asked, names, selection, samples or 0, when)

        scope = relay.scope_of(asked, names, selection, when)
        return answers.ImpactReport.of(await off_the_loop(ask), scope)


_BY_IRI: Sorted[model.Influence] = Sorted(lambda item: (item.iri,))


def _select_influences(info: Info, wanted: inputs.InfluenceFilter | None) -> list[model.Influence]:
    kg = info.context.kg
    found = sorted(kg.influences, key=lambda item: item.iri)
    if wanted is None:
        return found
    ends = {
        name: None if given is None else kg.resolve(given, field=f"filter.{name}").id
        for name, given in (
            ("entity", wanted.entity),
            ("sourceEntity", wanted.source_entity),
            ("targetEntity", wanted.target_entity),
        )
    }
    strengths = None if wanted.strength is None else {item.value for item in wanted.strength}
    confidences = None if wanted.confidence is None else {item.value for item in wanted.confidence}
    return [
        item
        for item in found
        if (ends["entity"] is None or ends["entity"] in (item.source_entity, item.target_entity))
        and (ends["sourceEntity"] is None or ends["sourceEntity"] == item.source_entity)
        and (ends["targetEntity"] is None or ends["targetEntity"] == item.target_entity)
        and (wanted.direction is None or wanted.direction.value == item.direction)
        and (wanted.sign is None or wanted.sign == item.sign)
        and (strengths is None or item.strength in strengths)
        and (confidences is None or item.confidence in confidences)
    ]
