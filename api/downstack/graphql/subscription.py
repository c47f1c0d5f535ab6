"""What can be followed: a long question while it is computed, and the graph while it changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Annotated

import strawberry
from strawberry import UNSET

from downstack import results
from downstack.engine.sampler import Progress
from downstack.graphql import answers, inputs, relay, terms
from downstack.graphql.arguments import AsOf, Samples, Where, selection_of
from downstack.graphql.context import Info
from downstack.graphql.fields import followed
from downstack.graphql.following import Step, follow
from downstack.graphql.inputs import given

LOOK_SECONDS = 1.0
"""How often somebody who follows the graph causes a look at the store; requests of others cause one too."""


@strawberry.type(description="How far a question is; with the last one comes its answer.")
class ImpactProgress:
    """A step of a long question."""

    done: int = strawberry.field(description="How many samples are computed.")
    of: int = strawberry.field(description="Of how many; 1 for a question without samples.")
    share: float = strawberry.field(description="The part that is done, 0 to 1.")
    report: answers.ImpactReport | None = strawberry.field(description="The answer; null until it is there.")


@strawberry.type(description="What can be followed, over graphql-transport-ws or as an event stream.")
class Subscription:
    """The root of all subscriptions."""

    @followed("What some changes do, with progress while the samples are computed.")
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
    ) -> AsyncGenerator[ImpactProgress, None]:
        """Follow a question."""
        context = info.context
        selection, when = selection_of(given(where), given(as_of))
        asked = [item.change() for item in changes]
        wanted = given(targets)
        names = None if wanted is None else [str(item) for item in wanted]
        scope = relay.scope_of(asked, names, selection, when, context.kg.version)
        count = samples or 0

        def ask(told: Progress) -> results.ImpactReport:
            return context.kg.impact(asked, names, selection, count, when, told)

        async with aclosing(follow(ask, max(1, count), context.services.pool)) as steps:
            async for step in steps:
                context.check_still()
                if isinstance(step, Step):
                    yield ImpactProgress(done=step.done, of=step.of, share=step.done / step.of, report=None)
                else:
                    whole = max(1, count)
                    report = answers.ImpactReport.of(step.answer, scope)
                    yield ImpactProgress(done=whole, of=whole, share=1.0, report=report)

    @followed("The graph, each time that another version is served.")
    async def graph_changed(
        self,
        info: Info,
        since: Annotated[
            str | None,
            strawberry.argument(
                description="The version that you know: if another one is served by now, that is told at once."
            ),
        ] = UNSET,
    ) -> AsyncGenerator[terms.GraphInfo, None]:
        """Follow the graph."""
        context, holder = info.context, info.context.services.holder
        known = given(since) or holder.served.kg.version
        with holder.changes() as changed:
            while True:
                changed.clear()
                context.check_still()
                if context.services.draining():
                    # The client hears that it is complete, and asks another replica.
                    return
                kg = holder.served.kg
                if kg.version != known:
                    known = kg.version
                    # Whoever reads slowly misses versions in between, and learns the newest.
                    yield terms.GraphInfo.of(kg.info)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await changed.wait()
                holder.look()
