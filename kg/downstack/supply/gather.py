"""What deliveries add up to, and what is installed: the part of the chain behind the factories.

Fleets, clouds and applications take what they get. Where nobody publishes from whom how much comes, the answer is an
interval: at its ends everything comes from the supplier that fares worst, and from the one that fares best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from downstack.supply.cases import Cases
from downstack.supply.network import Edge, Network
from downstack.supply.step import Ledger
from downstack.supply.substitution import Array

SAME = 1e-9
"""Ends that are nearer than this are one value: what is unknown makes no difference."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A ratio to the base in every month and case, shape (months, cases): its value where it is known, and its ends."""

    value: Array
    """NaN where it turns on something that nobody publishes."""
    low: Array
    high: Array

    @classmethod
    def known(cls, value: Array) -> Profile:
        """Return a profile whose value is its own interval."""
        return cls(value, value, value)


@dataclass(frozen=True, slots=True)
class Reached:
    """What happens at one node."""

    flow: Profile | None
    """What is made or delivered in a month; None for a service."""
    stock: Profile | None
    """What is installed, or what a service can run on; None where nothing is installed."""


def gather(network: Network, cases: Cases, ledger: Ledger) -> dict[str, Reached]:
    """Return what happens at every node, factories included."""
    found: dict[str, Reached] = {}
    for name in network.order:
        node, edges = network.nodes[name], network.inputs[name]
        if node.technology == "assembly":
            found[name] = Reached(Profile.known(ledger.nodes[name].production), None)
            continue
        if node.technology == "division":
            continue
        stocks = [found[edge.supplier].stock for edge in edges]
        held = [stock for stock in stocks if stock is not None]
        if node.technology == "service":
            found[name] = Reached(None, _mix(edges, held, node.other_sources) if len(held) == len(edges) else None)
            continue
        flow = _mix(edges, [_delayed(found[edge.supplier], edge, cases) for edge in edges], node.other_sources)
        stock: Profile | None = None
        if node.cover is not None:
            stock = _accumulate(flow, node.cover.value, node.cover.low, known=node.cover_known)
        elif held and len(held) == len(edges):
            stock = _mix(edges, held, node.other_sources)
        found[name] = Reached(flow, stock)
    return found


def _delayed(source: Reached, edge: Edge, cases: Cases) -> Profile:
    if source.flow is None:
        raise ValueError(f"{edge.supplier} is a service: nothing is delivered from it")
    lead = cases.of(edge.lead)
    return Profile(*(_late(item, lead) for item in (source.flow.value, source.flow.low, source.flow.high)))


def _late(flow: Array, lead: Array) -> Array:
    """Return a flow a lead time later; what is under way at the start arrives first."""
    whole = np.floor(lead).astype(np.int64)
    months, columns = np.arange(len(flow))[:, np.newaxis], np.arange(flow.shape[1])[np.newaxis, :]

    def at(place: npt.NDArray[np.int64]) -> Array:
        return np.where(place < 0, 1.0, flow[np.maximum(place, 0), columns])

    soon, late = at(months - whole), at(months - whole - 1)
    part = lead - whole
    return np.where(part == 0.0, soon, soon + part * (late - soon))


def _mix(edges: Sequence[Edge], profiles: Sequence[Profile], other_sources: bool) -> Profile:
    """Return the sum of several supplies, each against its base, weighted by how much comes from each."""
    known = [(edge.weight.value, item) for edge, item in zip(edges, profiles, strict=True) if edge.weight is not None]
    unknown = [item for edge, item in zip(edges, profiles, strict=True) if edge.weight is None]
    parts = list(unknown)
    if known:
        weights = np.array([weight for weight, _ in known])
        weights = weights / weights.sum()
        parts.append(
            Profile(*(_mean([getattr(item, name) for _, item in known], weights) for name in ("value", "low", "high")))
        )
    if other_sources:
        parts.append(Profile.known(np.ones_like(parts[0].low)))
    if len(parts) == 1:
        return parts[0]
    low = np.min([item.low for item in parts], axis=0)
    high = np.max([item.high for item in parts], axis=0)
    values = np.stack([item.value for item in parts])
    spread = np.max(values, axis=0) - np.min(values, axis=0)
    return Profile(np.where(spread <= SAME, values[0], np.nan), low, high)


def _mean(items: Sequence[Array], weights: Array) -> Array:
    # As a distance from the first, so that equal parts give exactly what each of them gives.
    return np.asarray(items[0] + sum(w * (item - items[0]) for w, item in zip(weights, items, strict=True)))


def _accumulate(flow: Profile, cover: float, least: float, *, known: bool) -> Profile:
    """Return the installed base against the one that would stand there without a disruption.

    Parameters
    ----------
    flow
        Deliveries against the base.
    cover, least
        What is installed at the start, in months of the flow at the base: as stated, and at least.
    known
        False when the stock may be as large as one likes, which would make any disruption of the flow vanish in it.
    """

    def ratio(months: float, deliveries: Array) -> Array:
        count = np.arange(1, len(deliveries) + 1)[:, np.newaxis]
        return 1.0 + np.cumsum(deliveries - 1.0, axis=0) / (months + count)

    ends = [ratio(start, item) for start in {cover, least} for item in (flow.low, flow.high)]
    if not known:
        ends.append(np.ones_like(flow.low))
    low, high = np.min(ends, axis=0), np.max(ends, axis=0)
    value = ratio(cover, flow.value)
    return Profile(value if known else np.where(high - low <= SAME, value, np.nan), low, high)
