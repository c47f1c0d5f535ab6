"""From arrays over months and cases to the profile of one target under one bound."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from downstack.results import ShockBinding, ShockInterval, ShockMonth, ShockProfile, SubstitutionBound
from downstack.supply.gather import Profile, Reached
from downstack.supply.network import Network
from downstack.supply.read import MONTH
from downstack.supply.step import CAPACITY, DEMAND, Ledger
from downstack.supply.substitution import Array
from downstack.units import to_base

DAYS = MONTH / to_base(1.0, "day", base_unit="s")
"""Of a month."""
WHOLE = 1.0 - 1e-3
"""A flow within a tenth of a per cent of the base has recovered."""
HARMED = 1.0 - 1e-6
"""A flow below this has begun to fall."""


def profile(
    network: Network,
    name: str,
    reached: Reached,
    ledger: Ledger,
    bound: SubstitutionBound,
    columns: slice,
    affected: Mapping[str, str],
) -> ShockProfile:
    """Return what happens at one node under one bound.

    Parameters
    ----------
    network, name, reached, ledger
        The node and what happened at it.
    bound, columns
        The bound, and the columns of its cases, stated values first.
    affected
        The nodes that can be short of something, and their entities.
    """
    flow = None if reached.flow is None else _cut(reached.flow, columns)
    stock = None if reached.stock is None else _cut(reached.stock, columns)
    leading = flow or stock
    flow_months = () if flow is None else _months(flow)
    stock_months = () if stock is None else _months(stock)
    return ShockProfile(
        bound=bound,
        flow=flow_months,
        stock=stock_months,
        worst_flow=None if flow is None else _worst(flow, flow_months),
        worst_stock=None if stock is None else _worst(stock, stock_months),
        days_to_impact=ShockInterval(None, None, None) if leading is None else _impact(leading),
        recovery_month=_recovery(flow_months or stock_months),
        lost_flow=None if flow is None else _lost(flow),
        binding=_binding(network, name, ledger, columns.start, affected),
    )


def _cut(item: Profile, columns: slice) -> Profile:
    return Profile(item.value[:, columns], item.low[:, columns], item.high[:, columns])


def known(value: float) -> float | None:
    """Return a number, or None where there is none."""
    return None if math.isnan(value) else float(value)


def _months(item: Profile) -> tuple[ShockMonth, ...]:
    low, high = item.low.min(axis=1), item.high.max(axis=1)
    return tuple(
        ShockMonth(
            month + 1,
            known(item.value[month, 0]),
            float(low[month]),
            float(high[month]),
            float(item.low[month, 0]),
            float(item.high[month, 0]),
        )
        for month in range(len(low))
    )


def _worst(item: Profile, months: Sequence[ShockMonth]) -> ShockMonth:
    """Return the worst month, and between what the worst month lies over all cases, whenever it comes in each."""
    whole = all(month.value is not None for month in months)
    place = min(months, key=lambda month: month.stated_low)
    return ShockMonth(
        place.month,
        place.value if whole else None,
        float(item.low.min()),
        float(item.high.min(axis=0).max()),
        float(item.low[:, 0].min()),
        float(item.high[:, 0].min()),
    )


def days_until(flow: Array) -> Array:
    """Return the days until a flow begins to fall, infinite when it never does.

    Within the first month that is harmed the day follows from how much of that month is lost, against the month after:
    an inventory that covers the first third of a month leaves two thirds of the loss.

    Parameters
    ----------
    flow
        Against the base, shape (months, cases).

    Returns
    -------
    Days, shape (cases,).
    """
    harmed = flow < HARMED
    first = np.argmax(harmed, axis=0)
    cases = np.arange(flow.shape[1])
    lost = 1.0 - flow[first, cases]
    following = np.maximum(1.0 - flow[np.minimum(first + 1, len(flow) - 1), cases], lost)
    covered = 1.0 - np.divide(lost, following, out=np.ones_like(lost), where=following > 0.0)
    return np.where(harmed.any(axis=0), (first + covered) * DAYS, np.inf)


def _impact(item: Profile) -> ShockInterval:
    unknown = bool(np.isnan(item.value[:, 0]).any())
    stated = math.inf if unknown else float(days_until(item.value[:, :1])[0])
    ends = (stated, float(days_until(item.low).min()), float(days_until(item.high).max()))
    return ShockInterval(*(end if math.isfinite(end) else None for end in ends))


def _recovery(months: Sequence[ShockMonth]) -> int | None:
    harmed = [item.month for item in months if (item.low if item.value is None else item.value) < WHOLE]
    if not harmed:
        return None
    following = harmed[-1] + 1
    return following if following <= len(months) else None


def _lost(item: Profile) -> ShockInterval:
    stated = float(np.sum(1.0 - item.value[:, 0]))
    least = float(np.sum(1.0 - item.high, axis=0).min())
    most = float(np.sum(1.0 - item.low, axis=0).max())
    return ShockInterval(known(stated), least, most)


def _binding(
    network: Network, name: str, ledger: Ledger, case: int, affected: Mapping[str, str]
) -> tuple[ShockBinding, ...]:
    """Return what set the output of an assembly, month by month, at stated values."""
    book = ledger.nodes.get(name)
    if book is None:
        return ()
    groups = list(network.groups(name).items())
    spans: list[ShockBinding] = []
    for month, place in enumerate(book.binding[:, case].tolist(), 1):
        if place == DEMAND:
            continue
        what, suppliers = "capacity", tuple[str, ...]()
        if place != CAPACITY:
            what, edges = groups[place]
            suppliers = tuple(sorted(affected[edge.supplier] for edge in edges if edge.supplier in affected))
        last = spans[-1] if spans else None
        if last is not None and (last.what, last.suppliers, last.last) == (what, suppliers, month - 1):
            spans[-1] = ShockBinding(last.first, month, what, suppliers)
        else:
            spans.append(ShockBinding(month, month, what, suppliers))
    return tuple(spans)
