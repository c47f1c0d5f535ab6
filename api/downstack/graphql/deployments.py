"""What a model should run on: the root field, its limits, and a page of deployments with what was excluded."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Annotated, TypeVar

import strawberry
from strawberry import UNSET

from downstack import results
from downstack.graphql.arguments import After, AsOf, Before, First, Last, Where, selection_of
from downstack.graphql.combinations import EffectKey, Trace, off_the_loop
from downstack.graphql.context import Info
from downstack.graphql.cursors import Named
from downstack.graphql.enums import EffectStatus
from downstack.graphql.fields import resolved
from downstack.graphql.inputs import given
from downstack.graphql.relay import Connection, page_of, paginate, scope_of
from downstack.graphql.terms import finite

MAX_ACCELERATORS = 64
"""Chips of one copy of a model unless the limits say otherwise."""

Number = TypeVar("Number")


@strawberry.enum(description="What the best deployment is.")
class Objective(Enum):
    """The objective of a search."""

    PARETO = strawberry.enum_value("PARETO", description="No other is both cheaper for a token and faster.")
    COST = strawberry.enum_value("COST", description="Lowest cost for a token first.")
    LATENCY = strawberry.enum_value("LATENCY", description="Shortest time per output token first.")
    FIRST_TOKEN = strawberry.enum_value("FIRST_TOKEN", description="Shortest time to first token first.")
    THROUGHPUT = strawberry.enum_value("THROUGHPUT", description="Most tokens for each accelerator first.")
    ENERGY = strawberry.enum_value("ENERGY", description="Lowest energy for a token first.")


@strawberry.input(description="What a deployment must keep to; what is left out is no limit.")
class LimitsInput:
    """The limits of a search."""

    ttft: float | None = strawberry.field(default=UNSET, description="Longest time to first token, in milliseconds.")
    tpot: float | None = strawberry.field(
        default=UNSET,
        description="Longest time per output token, in milliseconds; the workload's own target unless given.",
    )
    budget: float | None = strawberry.field(
        default=UNSET, description="Highest price of one copy of the model, in USD an hour."
    )
    max_accelerators: int | None = strawberry.field(
        default=UNSET, description="Most accelerators of one copy of the model; 64 unless given."
    )
    weights: list[str] | None = strawberry.field(
        default=UNSET, description="Number formats of the weights: published, bf16, fp8, int8, fp4; all unless given."
    )


@strawberry.type(description="How sure a number of a deployment is, from samples of the uncertain facts.")
class DeploymentBand:
    """A band."""

    p10: float = strawberry.field(description="A tenth of the samples lie below.")
    p50: float = strawberry.field(description="Half of the samples lie below.")
    p90: float = strawberry.field(description="A tenth of the samples lie above.")
    samples: int = strawberry.field(description="How many samples have a number.")

    @classmethod
    def of(cls, record: results.DeploymentBand | None) -> DeploymentBand | None:
        """Wrap a record."""
        return None if record is None else cls(p10=record.p10, p50=record.p50, p90=record.p90, samples=record.samples)


@strawberry.type(
    description="Configurations that one thing excludes: the gravest, among equals the first of the checks."
)
class ExcludedConfigurations:
    """A count of excluded configurations."""

    reason: str = strawberry.field(description="What excludes them.")
    status: EffectStatus | None = strawberry.field(
        description="Why there is no number; null where there is one and a limit of the question excludes it."
    )
    configurations: int = strawberry.field(description="How many.")


@strawberry.type(description="The limits that an answer kept to; null where there was none.")
class DeploymentLimits:
    """The limits of an answer."""

    ttft: float | None = strawberry.field(description="Longest time to first token, in milliseconds.")
    tpot: float | None = strawberry.field(description="Longest time per output token, in milliseconds.")
    tpot_from_workload: bool = strawberry.field(description="True when that is the workload's own target.")
    budget: float | None = strawberry.field(description="Highest price of one copy of the model, in USD an hour.")
    max_accelerators: int = strawberry.field(description="Most accelerators of one copy of the model.")


@strawberry.type(description="One way to serve a model: the accelerators, how they share it, and what it gives.")
class Deployment:
    """A deployment."""

    record: strawberry.Private[results.Deployment]
    accelerators: int = strawberry.field(description="Accelerators that serve one copy of the model.")
    tensor_parallel: int = strawberry.field(description="Accelerators that split every matrix among them.")
    pipeline_parallel: int = strawberry.field(description="Stages into which the layers are cut.")
    expert_parallel: int = strawberry.field(
        description="Accelerators that share the routed experts as a whole; 1 where experts are split like matrices."
    )
    data_parallel: int = strawberry.field(description="Groups of a stage that work on different sequences.")
    weight_format: str = strawberry.field(description="The number format of the weights.")
    cache_format: str = strawberry.field(description="The number format of keys and values.")
    concurrent_sequences: int = strawberry.field(description="Sequences that are decoded together.")
    time_to_first_token: float = strawberry.field(description="Milliseconds, without waiting for other prompts.")
    time_per_output_token: float = strawberry.field(description="Milliseconds.")
    tokens_per_second_per_user: float = strawberry.field(description="Output tokens of one stream in a second.")
    tokens_per_second_per_accelerator: float = strawberry.field(description="Output tokens for each accelerator.")
    tokens_per_second: float = strawberry.field(description="Output tokens of one copy of the model in a second.")
    cost_per_million_output_tokens: float | None = strawberry.field(description="USD; null without a price.")
    price_per_hour: float | None = strawberry.field(description="USD for all accelerators of one copy.")
    memory_used: float = strawberry.field(description="GB that weights and caches fill on all of its accelerators.")
    memory_capacity: float = strawberry.field(description="GB of all of its accelerators, as the vendor sells it.")
    energy_per_token: float | None = strawberry.field(description="Joule; null where power or facility are not known.")
    status: EffectStatus = strawberry.field(description="How far the numbers can be trusted.")
    reason: str | None = strawberry.field(description="What is missing, or which validity range is left.")
    bound_by: str | None = strawberry.field(description="What a decode step waits for.")
    stopped_by: list[str] = strawberry.field(
        description="What keeps the next larger batch, or more accelerators, from being used."
    )

    @resolved("Model, workload, framework, accelerator; offering and provider where the accelerator is rented.")
    def key(self) -> EffectKey:
        """Wrap the combination."""
        return EffectKey.of(self.record.key)

    @resolved("How sure the cost is, in USD; null unless `samples` were asked for.")
    async def cost_band(self) -> DeploymentBand | None:
        """Draw the uncertain facts."""
        return DeploymentBand.of(await off_the_loop(lambda: self.record.cost_band))

    @resolved("How sure the time per output token is, in milliseconds; null unless `samples` were asked for.")
    async def time_band(self) -> DeploymentBand | None:
        """Draw the uncertain facts."""
        return DeploymentBand.of(await off_the_loop(lambda: self.record.time_band))

    @resolved("Where the cost for a token comes from; the time per output token where there is no price.")
    def trace(self) -> Trace:
        """Unfold the cost."""
        return Trace.of(self.record.trace)

    @resolved("What the formulas leave out, which facts are assumptions, and what the formats take for granted.")
    def assumptions(self) -> list[str]:
        """List the assumptions."""
        return list(self.record.assumptions)

    @classmethod
    def of(cls, record: results.Deployment) -> Deployment:
        """Wrap a record."""
        return cls(
            record=record,
            accelerators=record.accelerators,
            tensor_parallel=record.tensor_parallel,
            pipeline_parallel=record.pipeline_parallel,
            expert_parallel=record.expert_parallel,
            data_parallel=record.data_parallel,
            weight_format=record.weight_format,
            cache_format=record.cache_format,
            concurrent_sequences=record.concurrent_sequences,
            time_to_first_token=record.time_to_first_token,
            time_per_output_token=record.time_per_output_token,
            tokens_per_second_per_user=record.tokens_per_second_per_user,
            tokens_per_second_per_accelerator=record.tokens_per_second_per_accelerator,
            tokens_per_second=record.tokens_per_second,
            cost_per_million_output_tokens=finite(record.cost_per_million_output_tokens),
            price_per_hour=finite(record.price_per_hour),
            memory_used=record.memory_used,
            memory_capacity=record.memory_capacity,
            energy_per_token=finite(record.energy_per_token),
            status=EffectStatus[record.status.name],
            reason=record.reason,
            bound_by=record.bound_by,
            stopped_by=list(record.stopped_by),
        )


@strawberry.type(description="A page of deployments, best first, with the space that they were chosen from.")
class DeploymentConnection(Connection[Deployment]):
    """A page of the answer; excluded and feasible configurations sum to all of them."""

    record: strawberry.Private[results.DeploymentReport]

    @resolved("The version that answered.")
    def graph_version(self) -> str:
        """Return the version."""
        return self.record.graph_version

    @resolved("How the answer was found.")
    def method(self) -> str:
        """Return the method."""
        return self.record.method

    @resolved("How long the search took, in milliseconds.")
    def elapsed_ms(self) -> float:
        """Return the time."""
        return self.record.elapsed_ms

    @resolved("True when the list was cut; `partialReason` says why.")
    def partial(self) -> bool:
        """Tell whether the list was cut."""
        return self.record.partial

    @resolved("Why the list was cut.")
    def partial_reason(self) -> str | None:
        """Return why."""
        return self.record.partial_reason

    @resolved("The limits that the answer kept to.")
    def limits(self) -> DeploymentLimits:
        """Wrap the limits."""
        found = self.record.limits
        return DeploymentLimits(
            ttft=found.time_to_first_token,
            tpot=found.time_per_output_token,
            tpot_from_workload=found.from_workload,
            budget=found.price_per_hour,
            max_accelerators=found.accelerators,
        )

    @resolved("Configurations of the space.")
    def configurations(self) -> int:
        """Return the size of the space."""
        return self.record.configurations

    @resolved("Configurations that went through all formulas; the rest failed for all batches at once.")
    def evaluated(self) -> int:
        """Return how many went through."""
        return self.record.evaluated

    @resolved("Configurations that can be deployed within the limits.")
    def feasible(self) -> int:
        """Return how many can be deployed."""
        return self.record.feasible

    @resolved("Feasible configurations without a price.")
    def unpriced(self) -> int:
        """Return how many have no price."""
        return self.record.unpriced

    @resolved("Feasible configurations outside the range in which some formula holds.")
    def extrapolated(self) -> int:
        """Return how many are extrapolated."""
        return self.record.extrapolated

    @resolved("Excluded configurations by reason, the largest number first.")
    def excluded(self) -> list[ExcludedConfigurations]:
        """List what is excluded."""
        return [
            ExcludedConfigurations(
                reason=item.reason,
                status=None if item.status is None else EffectStatus[item.status.name],
                configurations=item.configurations,
            )
            for item in self.record.excluded
        ]

    @resolved("When nothing is feasible: what stands in the way, and how near the limits can be met.")
    def nearest(self) -> str | None:
        """Return what stands in the way."""
        return self.record.nearest


@strawberry.type
class Deployments:
    """The root field of the search."""

    @resolved("What a model should run on, over all accelerators and offerings, best first.")
    async def deployments(
        self,
        info: Info,
        model: Annotated[strawberry.ID, strawberry.argument(description="The model that is served.")],
        workload: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="The load; a published trace of conversations unless given."),
        ] = UNSET,
        objective: Annotated[
            Objective | None, strawberry.argument(description="What the best one is; PARETO unless given.")
        ] = UNSET,
        limits: Annotated[LimitsInput | None, strawberry.argument(description="What it must keep to.")] = UNSET,
        first: First = 20,
        after: After = UNSET,
        where: Where = UNSET,
        samples: Annotated[
            int | None,
            strawberry.argument(description="How often to draw the uncertain facts for the bands; 0 draws nothing."),
        ] = 0,
        as_of: AsOf = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> DeploymentConnection:
        """Ask for deployments."""
        asked = page_of(info, first, after, last, before)
        selection, when = selection_of(given(where), given(as_of))
        bounds = given(limits) or LimitsInput()
        wanted = (given(objective) or Objective.PARETO).name
        kg = info.context.kg

        def ask() -> results.DeploymentReport:
            return kg.deployments(
                model,
                given(workload),
                wanted,
                ttft=given(bounds.ttft),
                tpot=given(bounds.tpot),
                budget=given(bounds.budget),
                max_accelerators=_or(bounds.max_accelerators, MAX_ACCELERATORS),
                weights=given(bounds.weights),
                where=selection,
                samples=samples or 0,
                as_of=when,
            )

        record = await off_the_loop(ask)
        scope = scope_of(
            "deployments",
            model,
            given(workload),
            wanted,
            dataclasses.astuple(bounds),
            selection,
            when,
            samples,
        )
        page: Connection[Deployment] = paginate(
            record.deployments, Deployment.of, places=_NAMED, scope=scope, signer=info.context.signer, page=asked
        )
        return DeploymentConnection(
            edges=page.edges, nodes=page.nodes, page_info=page.page_info, count=page.count, record=record
        )


def _name_of(item: results.Deployment) -> str:
    """Say what tells a deployment from all others of one question."""
    layout = (
        item.accelerators,
        item.tensor_parallel,
        item.pipeline_parallel,
        item.expert_parallel,
        item.data_parallel,
        item.weight_format,
        item.cache_format,
        item.concurrent_sequences,
    )
    return " ".join(map(str, (*(slug for _, slug in item.key.roles), *layout)))


_NAMED: Named[results.Deployment] = Named(_name_of)


def _or(value: Number | None, otherwise: Number) -> Number:
    found = given(value)
    return otherwise if found is None else found
