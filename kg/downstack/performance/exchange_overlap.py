r"""What is left of the exchange between chips when it runs beside reads and arithmetic.

Nothing overlaps unless a framework is stated to do so; at best the whole exchange hides behind the step.

.. math::

    t_{exposed} = B t_A - \phi \min(B t_A,\; t_W + B t_K) \qquad
    t_{best} = \max(t_W + B\,(t_K + t_C + t_a),\; B t_A) + t_O
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_NONE = Constant(0.0, "1", "a framework that is not stated to overlap exchanges does not")


@performance_function(
    formula="decoding_sequences * exchange_time_per_sequence - exchange_overlap_share * min(decoding_sequences"
    " * exchange_time_per_sequence, weight_read_time + decoding_sequences * kv_read_time_per_sequence)",
    citation=SCALING_BOOK,
    constants={"none": _NONE},
    optional=("exchange_overlap_share",),
    validity=(Validity("exchange_overlap_share", 0.0, 1.0, "a share of what could overlap"),),
    assumes=("the exchange of a part of the batch runs beside the reads of another",),
    increasing=("exchange_time_per_sequence",),
    decreasing=("exchange_overlap_share", "weight_read_time", "kv_read_time_per_sequence"),
    examples=(
        Example(
            {
                "decoding_sequences": 100.0,
                "exchange_time_per_sequence": 5e-5,
                "weight_read_time": 1e-3,
                "kv_read_time_per_sequence": 1e-5,
                "exchange_overlap_share": 0.5,
            },
            4e-3,
            1e-12,
            "by hand: 5 ms of exchange, half of 2 ms of reads hide 1 ms",
        ),
    ),
)
def exposed_exchange_time(
    decoding_sequences: Annotated[Array, "sequence"],
    exchange_time_per_sequence: Annotated[Array, "s/sequence"],
    weight_read_time: Annotated[Array, "s"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    exchange_overlap_share: Annotated[Array, "1"],
    *,
    none: float,
) -> Annotated[Array, "s"]:
    """Seconds of a step's exchange that nothing hides."""
    share = np.where(np.isnan(exchange_overlap_share), none, exchange_overlap_share)
    exchange = decoding_sequences * exchange_time_per_sequence
    reads = weight_read_time + decoding_sequences * kv_read_time_per_sequence
    exposed: Array = exchange - share * np.minimum(exchange, reads)
    return exposed


@performance_function(
    formula="max(weight_read_time + decoding_sequences * (kv_read_time_per_sequence + compute_time_per_sequence"
    " + activation_time_per_sequence), decoding_sequences * exchange_time_per_sequence) + step_overhead_time",
    citation=SCALING_BOOK,
    assumes=("a lower bound: exchange hides behind reads and arithmetic completely",),
    increasing=(
        "decoding_sequences",
        "weight_read_time",
        "kv_read_time_per_sequence",
        "compute_time_per_sequence",
        "activation_time_per_sequence",
        "exchange_time_per_sequence",
        "step_overhead_time",
    ),
    examples=(
        Example(
            {
                "decoding_sequences": 100.0,
                "weight_read_time": 1e-3,
                "kv_read_time_per_sequence": 1e-5,
                "compute_time_per_sequence": 5e-6,
                "activation_time_per_sequence": 5e-6,
                "exchange_time_per_sequence": 5e-5,
                "step_overhead_time": 1e-3,
            },
            6e-3,
            1e-12,
            "by hand: max(1 + 1 + 0.5 + 0.5, 5) + 1 ms",
        ),
    ),
)
def overlapped_decode_step_time(
    decoding_sequences: Annotated[Array, "sequence"],
    weight_read_time: Annotated[Array, "s"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    compute_time_per_sequence: Annotated[Array, "s/sequence"],
    activation_time_per_sequence: Annotated[Array, "s/sequence"],
    exchange_time_per_sequence: Annotated[Array, "s/sequence"],
    step_overhead_time: Annotated[Array, "s"],
) -> Annotated[Array, "s"]:
    """Seconds of a decode step when the exchange between chips hides behind everything else."""
    each = kv_read_time_per_sequence + compute_time_per_sequence + activation_time_per_sequence
    exchange = decoding_sequences * exchange_time_per_sequence
    return np.maximum(weight_read_time + decoding_sequences * each, exchange) + step_overhead_time
