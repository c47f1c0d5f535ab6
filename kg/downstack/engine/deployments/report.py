"""The whole answer: the space, what is excluded, what is left, and when nothing is, what stands in the way."""

from __future__ import annotations

import time

from downstack.engine.deployments.rows import deployments
from downstack.engine.deployments.search import (
    KEPT,
    SLOW_START,
    SLOW_TOKEN,
    TOO_DEAR,
    Found,
    Progress,
    search,
)
from downstack.engine.deployments.setting import Asked, Objective, Setting, prepare
from downstack.engine.engine import Engine
from downstack.engine.trace import STATUS
from downstack.results import DeploymentLimits, DeploymentReport, Excluded

METHOD = (
    "every configuration of the space is evaluated with the declared functions; one copy of the model at a steady load"
)
_FRONT = "the Pareto front: no other configuration is both cheaper for a token and faster between tokens"
_ORDERS = {
    Objective.COST: "lowest cost for a token first",
    Objective.LATENCY: "shortest time per output token first",
    Objective.FIRST_TOKEN: "shortest time to first token first",
    Objective.THROUGHPUT: "most tokens for each accelerator first",
    Objective.ENERGY: "lowest energy for a token first",
}
_SHARES = {SLOW_TOKEN: (1e3, "ms"), SLOW_START: (1e3, "ms"), TOO_DEAR: (3600.0, "USD/h")}


def report(
    engine: Engine, asked: Asked, samples: int = 0, progress: Progress | None = None, *, from_workload: bool = False
) -> DeploymentReport:
    """Answer what a model should run on.

    Parameters
    ----------
    engine
        The engine over the graph with bare accelerators.
    asked
        The question.
    samples
        How often the uncertain facts are drawn for the bands of the answers; 0 for none.
    progress
        Called with the configurations done and their number.
    from_workload
        Whether the limit on the time per output token is the workload's own target.
    """
    started = time.perf_counter()
    setting = prepare(engine, asked)
    found = search(setting, progress)
    rows = deployments(setting, found.priced.places, samples) + deployments(setting, found.free.places, samples)
    partial = asked.objective is not Objective.PARETO and len(rows) < found.feasible
    limits = asked.limits
    return DeploymentReport(
        graph_version=engine.knowledge.version,
        method=f"{METHOD}; {_ORDERS.get(asked.objective, _FRONT)}" + (f"; {samples} samples" if samples else ""),
        elapsed_ms=(time.perf_counter() - started) * 1e3,
        model=asked.model,
        workload=asked.workload,
        framework=asked.framework,
        objective=str(asked.objective),
        limits=DeploymentLimits(
            time_to_first_token=_times(limits.time_to_first_token, 1e3),
            time_per_output_token=_times(limits.time_per_output_token, 1e3),
            price_per_hour=_times(limits.price, 3600.0),
            accelerators=limits.accelerators,
            from_workload=from_workload,
        ),
        configurations=setting.space.size,
        evaluated=found.evaluated,
        feasible=found.feasible,
        unpriced=found.unpriced,
        extrapolated=found.extrapolated,
        excluded=_excluded(found),
        deployments=rows,
        partial=partial,
        partial_reason=_partial(asked, found, len(rows)) if partial else None,
        nearest=None if found.feasible else _nearest(setting, found),
    )


def _partial(asked: Asked, found: Found, listed: int) -> str:
    said = f"{listed:,} of {found.feasible:,} feasible configurations are listed"
    if asked.objective is Objective.COST:
        return f"{said}: the {KEPT:,} cheapest, and the {KEPT:,} fastest for each accelerator of those without a price"
    unknown = ", of those whose energy is known" if asked.objective is Objective.ENERGY else ""
    return f"{said}: the best {KEPT:,}{unknown}"


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _excluded(found: Found) -> tuple[Excluded, ...]:
    ordered = sorted(found.counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Excluded(cause, STATUS[found.codes[cause]] if cause in found.codes else None, number)
        for cause, number in ordered
    )


def _nearest(setting: Setting, found: Found) -> str:
    """Say what excludes most, and how near the limits can be met by what can be deployed at all."""
    if not setting.space.platforms:
        return "no accelerator and no offering matches the question"
    excluded = _excluded(found)
    limited = [item for item in excluded if item.status is None and item.reason in _SHARES]
    if not limited:
        first = excluded[0]
        return f"nothing can be deployed; most often because {first.reason} ({first.configurations:,} configurations)"
    said = []
    for item in limited:
        factor, unit = _SHARES[item.reason]
        said.append(
            f"{item.configurations:,} configurations are {item.reason}; the best of them reaches "
            f"{found.best[item.reason] * factor:.4g} {unit}"
        )
    return "; ".join(said)
