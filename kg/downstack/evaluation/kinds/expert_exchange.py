"""All-to-all exchanges of expert parallelism: how long dispatch and combine take, and the bandwidth they reach."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from downstack.evaluation.answers import Answer, Setting, Stage
from downstack.evaluation.kinds.asked import Asked, answered, counts, numbers, widths
from downstack.evaluation.rows import Row

_NAMED = re.compile(r"^MoE all-to-all (dispatch|combine)\b")
_MODEL = "deepseek-v3"
"""The model whose hidden size and experts per token the published kernels are measured with (DeepEP, README: "following
the DeepSeek-V3/R1 pretraining setting", hidden 7168, top-8)."""
_METRIC = re.compile(r"^alltoall_(?:dispatch|combine)_(latency|bottleneck_bw|logical_bw)$")
_ANSWERS = {
    "latency": ("expert_exchange_time", 1e-3),
    "bottleneck_bw": ("exchange_bottleneck_bandwidth", 1e9),
    "logical_bw": ("exchange_logical_bandwidth", 1e9),
}
_SERVER = 8.0
_CARD = {"deepep": 50e9}
"""Network card of the published measurements, by engine, in byte/s (DeepEP, README: "each connected to a CX7 InfiniBand
400 Gb/s RDMA network card"); else the card that the chip's servers usually have."""


def is_exchange(row: Row) -> bool:
    """Return whether the row is about an exchange of tokens among experts."""
    return _METRIC.match(row.metric) is not None and _NAMED.match(row.model) is not None


class ExpertExchange:
    """Dispatch to experts and combination of what they return."""

    name = "expert exchange"
    stages = (
        Stage(
            "expert exchange",
            (
                ("all", "fitted_scaleup_exchange_share"),
                ("all", "fitted_scaleout_exchange_share"),
                ("all", "fitted_exchange_start_time"),
            ),
            (0.8, 0.9, 2e-5),
            is_exchange,
            (0.2, 0.2, 0.7),
        ),
    )

    def claims(self, row: Row) -> bool:
        """Return whether the row is about an exchange of tokens among experts."""
        return is_exchange(row)

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict the time or the bandwidth of each exchange."""
        asked = Asked(rows, setting, [_MODEL] * len(rows))
        chips = np.where(
            np.isnan(counts(rows, "expert_parallel")), counts(rows, "n_chips"), counts(rows, "expert_parallel")
        )
        domain = asked.facts["scaleup_domain_size"]
        cards = numbers([_CARD.get(row.engine.lower().partition(" ")[0], np.nan) for row in rows])
        card = np.where(np.isnan(cards), asked.facts["scaleout_bandwidth_per_direction"], cards)
        given = {
            "dispatched_tokens": counts(rows, "batch_or_concurrency"),
            "dispatched_element_bytes": widths(rows),
            "expert_parallel_chips": chips,
            "scaleup_domain_size": np.where(np.isnan(domain), _SERVER, domain),
            "scaleout_bandwidth_per_direction": card,
        }
        names = ("fitted_scaleup_exchange_share", "fitted_scaleout_exchange_share", "fitted_exchange_start_time")
        columns = asked.columns(given | {name: asked.constant(name) for name in names})
        found = []
        for place, row in enumerate(rows):
            what = _METRIC.match(row.metric)
            function, unit = _ANSWERS[what.group(1)] if what else ("", 1.0)
            value = columns[function][place] / unit
            lacking = "bandwidth of the chip's links or of its network card"
            reason = f"hidden size and experts per token are those of {_MODEL}"
            found.append(asked.refused(place, False) or answered(value, function, lacking, "OK", reason))
        return found
