"""All-reduces and all-gathers of a given size within one scale-up domain."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from downstack.evaluation.answers import Answer, Setting, Stage
from downstack.evaluation.kinds.asked import Asked, answered, counts, numbers
from downstack.evaluation.rows import Row
from downstack.performance.declare import Array

_SIZED = re.compile(r"^(all_reduce|all_gather|reduce_scatter|all_?to_?all) (\d+) B\b")
_PHASES = {"all_reduce": 2.0, "all_gather": 1.0, "reduce_scatter": 1.0}
_RING = re.compile(r"\bring\b|NVLS off", re.IGNORECASE)
_KERNEL_TIMES = re.compile(r"profiler|CUDA events", re.IGNORECASE)
"""Engines that time the kernel alone; the others time the call."""
METRICS = {"busbw": 1e9, "collective_latency": 1e-3}
_ADDING_SWITCH = ("nvidia-8", "nvidia-4")
"""Classes of chips whose switches add up (third generation of NVSwitch and later)."""
_DIRECT = ("amd-16", "amd-8", "amd-4", "intel")
"""Classes of chips whose links join them pair by pair, without a switch."""


def is_sized(row: Row) -> bool:
    """Return whether the row is about a collective operation of a given size."""
    return row.metric in METRICS and _SIZED.match(row.model) is not None


def collective_time(asked: Asked, size: Array, ranks: Array, phases: Array) -> tuple[Array, Array, list[str]]:
    """Return seconds, bytes on the bus and the function that decides, for collectives among the chips of the rows."""
    links = asked.facts["scaleup_bandwidth_per_direction"]
    domain = asked.facts["scaleup_domain_size"]
    direct = numbers([item in _DIRECT for item in asked.chip_classes]) > 0
    partners = np.where(np.isnan(domain), 8.0, domain) - 1.0
    links = np.where(direct, links * np.minimum(1.0, (ranks - 1.0) / partners), links)
    kernels = ["kernel" if _KERNEL_TIMES.search(row.engine) else "call" for row in asked.rows]
    given = {
        "message_bytes": size,
        "accelerators_per_instance": ranks,
        "collective_phases": phases,
        "collective_link_bandwidth": links,
        "fitted_collective_start_time": asked.constant("fitted_collective_start_time", kernels),
    }
    given |= {
        name: asked.constant(name)
        for name in ("fitted_ring_share", "fitted_ring_step_time", "fitted_switch_share", "fitted_switch_fill_time")
    }
    columns = asked.columns(given)
    ring = columns["ring_collective_time"]
    able = [
        item in _ADDING_SWITCH and not _RING.search(row.model) and not _RING.search(row.engine)
        for item, row in zip(asked.chip_classes, asked.rows, strict=True)
    ]
    switch = np.where(numbers(able) * (phases > 1.0) > 0, columns["switch_allreduce_time"], np.inf)
    names = np.where(switch < ring, "switch_allreduce_time", "ring_collective_time").tolist()
    return np.fmin(ring, switch), columns["collective_bus_bytes"], names


class Collectives:
    """Collective operations whose size the row names."""

    name = "collectives"
    stages = (
        Stage(
            "collectives",
            (
                ("all", "fitted_ring_share"),
                ("all", "fitted_ring_step_time"),
                ("all", "fitted_switch_share"),
                ("all", "fitted_switch_fill_time"),
                ("call", "fitted_collective_start_time"),
                ("kernel", "fitted_collective_start_time"),
            ),
            (0.8, 2e-5, 0.6, 5e-5, 1e-5, 5e-6),
            is_sized,
            (0.2, 0.7, 0.2, 0.7, 0.7, 0.7),
        ),
    )

    def claims(self, row: Row) -> bool:
        """Return whether the row is about a collective operation of a given size."""
        return is_sized(row)

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict the time or the bus bandwidth of each."""
        asked = Asked(rows, setting, [None] * len(rows))
        sizes = [_SIZED.match(row.model) for row in rows]
        bytes_ = numbers([float(item.group(2)) if item else np.nan for item in sizes])
        phases = numbers([_PHASES.get(item.group(1), 1.0) if item else np.nan for item in sizes])
        ranks = counts(rows, "n_chips")
        time, bus, names = collective_time(asked, bytes_, ranks, phases)
        columns = asked.columns({"collective_bus_bytes": bus, "collective_time": time})
        bandwidth = columns["collective_bus_bandwidth"]
        domain = asked.facts["scaleup_domain_size"]
        found = []
        for place, row in enumerate(rows):
            latency = row.metric == "collective_latency"
            value = (time if latency else bandwidth)[place] / METRICS[row.metric]
            function = names[place] if latency else "collective_bus_bandwidth"
            if ranks[place] > domain[place]:
                value = np.nan
            lacking = "chips within one scale-up domain, and the bandwidth of their links"
            found.append(asked.refused(place, False) or answered(value, function, lacking))
        return found
