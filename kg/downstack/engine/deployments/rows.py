"""From chosen configurations to answers: all their numbers at once, traces and bands from the ordinary plan."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from downstack.engine.bind import Rows
from downstack.engine.codes import INFEASIBLE, OK
from downstack.engine.deployments.evaluate import Causes, Numbers, evaluate, gravest
from downstack.engine.deployments.formats import PUBLISHED
from downstack.engine.deployments.setting import (
    CAPACITY,
    CHIPS,
    COST,
    ENERGY,
    GROUPS,
    MEMORY,
    POSITIONS,
    PRICE,
    STEP,
    THROUGHPUT,
    TOTAL,
    TPOT,
    TTFT,
    USER,
    Setting,
)
from downstack.engine.deployments.space import Configuration
from downstack.engine.deployments.unfold import Unfolded
from downstack.engine.trace import STATUS
from downstack.graph.display import in_unit
from downstack.performance.declare import Array
from downstack.results import Deployment, Status

Kind = TypeVar("Kind", bound=np.generic)

LARGEST = "largest batch tried"
UNITS = {TPOT: "ms/token", TTFT: "ms", MEMORY: "GB", CAPACITY: "GB"}
"""The units of the fields of an answer, where they are not those in which the quantity is shown."""


def deployments(setting: Setting, places: Rows, samples: int) -> tuple[Deployment, ...]:
    """Return the chosen configurations, in their order, with all that is known of them."""
    if not len(places):
        return ()
    known = describe(setting, places)
    columns = {name: _column(setting, known, name, len(places)) for name in _SHOWN}
    statuses = _statuses(known, len(places), setting.causes)
    bounds = _bounds(setting, known, len(places))
    stops = _stops(setting, places)
    found = []
    for row, place in enumerate(places):
        chosen = setting.space.configuration(int(place))
        numbers = {name: None if math.isnan(column[row]) else float(column[row]) for name, column in columns.items()}
        found.append(_deployment(setting, chosen, numbers, statuses[row], bounds[row], stops[row], samples))
    return tuple(found)


_SHOWN = (TTFT, TPOT, USER, THROUGHPUT, TOTAL, COST, PRICE, MEMORY, CAPACITY, ENERGY, CHIPS, GROUPS)


def describe(setting: Setting, places: Rows) -> dict[str, Numbers]:
    """Evaluate all that answers say of some configurations, as flat arrays in the order of the positions."""
    index = np.unravel_index(places, setting.space.shape)
    first = np.zeros(len(places), dtype=np.int64)

    def flat(array: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        return array[tuple(where if size > 1 else first for where, size in zip(index, array.shape, strict=True))]

    known = {}
    for name, item in setting.known.items():
        if item.code is None or item.origin is None:
            known[name] = Numbers(flat(item.value))
        else:
            known[name] = Numbers(flat(item.value), flat(item.code), flat(item.origin))
    evaluate(setting.described, known, setting.causes)
    return known


def _column(setting: Setting, known: Mapping[str, Numbers], quantity: str, size: int) -> Array:
    kind = setting.engine.knowledge.quantities[quantity]
    scale = in_unit(kind, 1.0, UNITS.get(quantity))
    return np.broadcast_to(known[quantity].value, size) * scale


def _statuses(known: Mapping[str, Numbers], size: int, causes: Causes) -> list[tuple[Status, str | None]]:
    code, origin = gravest([known[name] for name in (TPOT, TTFT, MEMORY, COST)])
    if code is None or origin is None:
        return [(Status.OK, None)] * size
    pairs = zip(np.broadcast_to(code, size), np.broadcast_to(origin, size), strict=True)
    return [(STATUS[int(one)], None if int(one) == OK else causes.texts[int(cause)]) for one, cause in pairs]


def _bounds(setting: Setting, known: Mapping[str, Numbers], size: int) -> list[str | None]:
    """Return what the decode step of each configuration waits for."""
    step = next(item for item in setting.described if item.returns == STEP)
    if step.regimes is None:
        return [None] * size
    with np.errstate(all="ignore"):
        index = step.regimes.index(**step.arguments({item.name: known[item.name].value for item in step.inputs}))
    return [step.regimes.names[int(item)] for item in np.broadcast_to(np.asarray(index), size)]


def _stops(setting: Setting, places: Rows) -> list[tuple[str, ...]]:
    """Return what keeps each configuration from the next larger batch, and from twice the chips."""
    larger = [setting.space.larger_batch(int(place)) for place in places]
    known = describe(
        setting, np.array([place if item is None else item for place, item in zip(places, larger, strict=True)])
    )
    limits = setting.asked.limits
    tpot, ttft, price = (np.broadcast_to(known[name].value, len(places)) for name in (TPOT, TTFT, PRICE))
    code = known[TPOT].code
    fails = np.zeros(len(places), dtype=np.bool_) if code is None else np.broadcast_to(code >= INFEASIBLE, len(places))
    found = []
    for row, item in enumerate(larger):
        said = []
        if item is None:
            said.append(LARGEST)
        elif fails[row]:
            said.append("memory capacity")
        else:
            if limits.time_per_output_token is not None and tpot[row] > limits.time_per_output_token:
                said.append("TPOT limit")
            if limits.time_to_first_token is not None and ttft[row] > limits.time_to_first_token:
                said.append("TTFT limit")
        if limits.price is not None and 2.0 * price[row] > limits.price:
            said.append("budget")
        found.append(tuple(said))
    return found


def _deployment(
    setting: Setting,
    chosen: Configuration,
    numbers: Mapping[str, float | None],
    status: tuple[Status, str | None],
    bound: str | None,
    stopped: tuple[str, ...],
    samples: int,
) -> Deployment:
    own = Unfolded(setting, chosen)

    def certain(quantity: str) -> float:
        value = numbers[quantity]
        return math.nan if value is None else value

    chips = round(certain(CHIPS))
    return Deployment(
        key=own.key,
        accelerators=chips,
        tensor_parallel=chosen.layout.tensor_parallel,
        pipeline_parallel=chosen.layout.pipeline_parallel,
        expert_parallel=chosen.layout.expert_parallel,
        data_parallel=round(certain(GROUPS)),
        weight_format=chosen.weights.name,
        cache_format=chosen.cache.name,
        concurrent_sequences=chosen.batch,
        time_to_first_token=certain(TTFT),
        time_per_output_token=certain(TPOT),
        tokens_per_second_per_user=certain(USER),
        tokens_per_second_per_accelerator=certain(THROUGHPUT),
        tokens_per_second=certain(TOTAL),
        cost_per_million_output_tokens=numbers[COST],
        price_per_hour=numbers[PRICE],
        memory_used=certain(MEMORY),
        memory_capacity=certain(CAPACITY) * chips,
        energy_per_token=numbers[ENERGY],
        status=status[0],
        reason=status[1],
        bound_by=bound,
        stopped_by=stopped,
        _bands=lambda: own.bands(COST, TPOT, samples),
        _trace=own.trace,
        _notes=_notes(setting, chosen),
    )


def _notes(setting: Setting, chosen: Configuration) -> tuple[str, ...]:
    """Return what a configuration takes for granted beside its formulas."""
    weights = f"weights in {chosen.weights.name} ({chosen.weights.source})"
    if chosen.weights is PUBLISHED:
        weights = "weights in the widths that the publisher ships"
    notes = (
        f"{weights}: that the framework has kernels for them, and that the model stays as good, is an assumption",
        f"cache in {chosen.cache.name} ({chosen.cache.source}): that the model stays as good is an assumption",
        "chips, network and software of different makers are taken to reach the same shares of their peaks",
    )
    if POSITIONS in setting.checks:
        return notes
    return (
        *notes,
        f"{setting.asked.model} has no published number of positions: that the context fits is an assumption",
    )
