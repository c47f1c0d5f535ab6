"""How an effect came about: flows and paths."""

from __future__ import annotations

import asyncio

import strawberry

from downstack import results
from downstack.graphql.combinations import off_the_loop


@strawberry.type(
    description="What one formula hands on of an effect. Flows that leave the changed quantities sum to the effect; at "
    "every quantity between, inflow equals outflow."
)
class Flow:
    """A flow."""

    source: str = strawberry.field(name="from", description="The quantity whose change is handed on.")
    target: str = strawberry.field(name="to", description="The quantity that it is handed on to.")
    function: str = strawberry.field(description="The function that hands it on.")
    amount: float = strawberry.field(description="What it carries, in the unit of the effect.")
    share: float | None = strawberry.field(description="Of the whole effect; null when that is zero.")

    @classmethod
    def of(cls, record: results.Flow) -> Flow:
        """Wrap a record."""
        return cls(
            source=record.source,
            target=record.target,
            function=record.function,
            amount=record.amount,
            share=record.share,
        )


@strawberry.type(description="One way from a change to an effect, and what came along it.")
class EffectPath:
    """A path."""

    steps: list[str] = strawberry.field(description="The quantities along it, from the change to the effect.")
    amount: float = strawberry.field(description="What came along it, in the unit of the effect.")
    share: float | None = strawberry.field(description="Of the whole effect; null when that is zero.")

    @classmethod
    def of(cls, record: results.EffectPath) -> EffectPath:
        """Wrap a record."""
        return cls(steps=list(record.steps), amount=record.amount, share=record.share)


class Explanation:
    """The attribution of one effect, computed once however many fields ask for it at the same time."""

    def __init__(self, effect: results.Effect) -> None:
        self._effect = effect
        self._lock = asyncio.Lock()

    async def attribution(self) -> results.Attribution | None:
        """Return how the effect came about; None when there is nothing to divide."""
        async with self._lock:
            # The record keeps what it computed; the lock keeps two fields from computing it side by side.
            return await off_the_loop(lambda: self._effect.attribution)


def largest_flows(attribution: results.Attribution | None, first: int) -> list[Flow]:
    """Return the largest flows, the largest first."""
    if attribution is None:
        return []
    flows = sorted(attribution.flows, key=lambda item: _by_size(item.amount))
    return [Flow.of(item) for item in flows[:first]]


def largest_paths(attribution: results.Attribution | None, first: int) -> list[EffectPath]:
    """Return the largest paths, the largest first."""
    if attribution is None:
        return []
    return [EffectPath.of(item) for item in _paths(attribution)[:first]]


def rest_of_paths(attribution: results.Attribution | None, first: int) -> float | None:
    """Return what came along all other paths than the largest ones."""
    if attribution is None:
        return None
    return attribution.other_paths + sum(item.amount for item in _paths(attribution)[first:])


def _paths(attribution: results.Attribution) -> list[results.EffectPath]:
    return sorted(attribution.paths, key=lambda item: _by_size(item.amount))


def _by_size(amount: float) -> float:
    # Amounts that differ by rounding are equal: along one path they keep the order from the change to the effect.
    return -float(f"{abs(amount):.9g}")
