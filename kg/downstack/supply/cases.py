"""Which uncertain numbers vary, and in which combinations: the corner cases behind an interval.

A number varies once, however often it is used: its key is the fact that it rests on. Each varying number takes its lower
end, its value and its upper end; all combinations are run while :data:`MOST_CELLS` allows it, beyond that only the ends
are combined, and beyond that again numbers of one kind move together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from downstack.supply.network import Edge, Estimate, Network
from downstack.supply.substitution import Array

MOST_CELLS = 30_000
"""Cases times months: what keeps an answer within a second and a hundred megabytes."""
MIX = "mix:"
"""How much of a group comes from suppliers that are hit: -1 the least, 0 as stated, 1 the most."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Values of every varying number in every case; the first case has all of them at their stated value."""

    values: Mapping[str, Array]
    count: int
    method: str

    def of(self, number: Estimate) -> Array:
        """Return a number in every case, shape (cases,)."""
        found = self.values.get(number.key)
        return np.full(self.count, number.value) if found is None else found

    def mix(self, group: str) -> Array:
        """Return the level of a group's mix in every case."""
        found = self.values.get(MIX + group)
        return np.zeros(self.count) if found is None else found


def one_case() -> Cases:
    """Return the stated values alone."""
    return Cases({}, 1, "stated values")


def corner_cases(network: Network, ramps: Iterable[Estimate], affected: set[str], horizon: int) -> Cases:
    """Return the cases for a disruption: only what can make a difference varies.

    Parameters
    ----------
    network
        The network.
    ramps
        How long what is disrupted takes to come back.
    affected
        What is disrupted, parts of a node too, and the nodes downstream of it.
    horizon
        The months that each case is run for.
    """
    levels: dict[str, tuple[float, float, float]] = {}
    kinds: dict[str, str] = {}

    def vary(number: Estimate, kind: str) -> None:
        if number.varies and number.key:
            levels[number.key] = (number.low, number.value, number.high)
            kinds[number.key] = kind

    for ramp in ramps:
        vary(ramp, "ramp")
    for name in sorted(affected & set(network.nodes)):
        for group, edges in network.groups(name).items():
            exposed = [edge for edge in edges if is_hit(edge, affected)]
            for edge in exposed:
                vary(edge.lead, "lead time")
                if network.nodes[name].technology == "assembly":
                    vary(edge.inventory, "inventory")
            if network.nodes[name].technology == "assembly" and 0 < len(exposed) < len(edges):
                for edge in edges:
                    vary(edge.elasticity, "elasticity")
                if any(edge.weight is None or edge.weight.varies for edge in edges):
                    levels[MIX + group], kinds[MIX + group] = (-1.0, 0.0, 1.0), "mix"
    return _combine(levels, kinds, MOST_CELLS // horizon)


def is_hit(edge: Edge, hit: set[str]) -> bool:
    """Return whether what comes along an edge falls."""
    return edge.supplier in hit or edge.part in hit


def _combine(levels: Mapping[str, tuple[float, float, float]], kinds: Mapping[str, str], most: int) -> Cases:
    if not levels:
        return one_case()
    keys = list(levels)
    distinct = [tuple(dict.fromkeys(level)) for level in levels.values()]
    rows: Iterable[tuple[float, ...]]
    if int(np.prod([len(level) for level in distinct])) <= most:
        rows, method = product(*distinct), "all combinations of lower end, stated value and upper end"
    elif 2 ** len(keys) <= most:
        rows, method = product(*((low, high) for low, _, high in levels.values())), "all combinations of the ends"
    else:
        together = sorted(set(kinds.values()))
        rows = (
            tuple(levels[key][2 if choice[together.index(kinds[key])] else 0] for key in keys)
            for choice in product((False, True), repeat=len(together))
        )
        method = "the ends, numbers of one kind together"
    table = np.array([tuple(value for _, value, _ in levels.values()), *rows])
    return Cases({key: table[:, place].copy() for place, key in enumerate(keys)}, len(table), method)


def group_weights(edges: tuple[Edge, ...], hit: set[str], level: Array) -> Array:
    """Return the weights of a group's members in every case, shape (members, cases).

    Parameters
    ----------
    edges
        The members. Where no weight of a group is known they are equal at the stated value, and at the ends all or
        nothing comes from suppliers that are hit.
    hit
        Suppliers that are hit.
    level
        -1, 0 or 1 in every case; see :data:`MIX`.
    """
    exposed = np.array([is_hit(edge, hit) for edge in edges])
    known = all(edge.weight is not None for edge in edges)
    stated = np.array([edge.weight.value if edge.weight is not None and known else 1.0 for edge in edges])
    stated = stated / stated.sum()
    if exposed.all() or not exposed.any():
        return np.repeat(stated[:, np.newaxis], len(level), axis=1)
    share = float(stated[exposed].sum())
    least, most = 0.0, 1.0
    if known:
        low = np.array([edge.weight.low for edge in edges if edge.weight is not None])
        high = np.array([edge.weight.high for edge in edges if edge.weight is not None])
        least = float(low[exposed].sum() / (low[exposed].sum() + high[~exposed].sum()))
        most = float(high[exposed].sum() / (high[exposed].sum() + low[~exposed].sum()))
    wanted = np.where(level < 0.0, least, np.where(level > 0.0, most, share))
    within = np.where(exposed, stated / max(share, 1e-300), stated / max(1.0 - share, 1e-300))
    return np.asarray(within[:, np.newaxis] * np.where(exposed[:, np.newaxis], wanted, 1.0 - wanted))
