r"""How long the chips of a tensor-parallel deployment exchange activations in a decode step.

Splitting every matrix over `n` chips leaves each with a partial sum; two all-reduces a layer (after attention, after
the feed-forward block) add them up. A ring sends :math:`2(n-1)/n` of the message over every link, in
:math:`2(n-1)` messages.

.. math::

    t_{ring} = 2(n-1)\,\alpha + \frac{2(n-1)}{n} \frac{M}{\beta} \qquad
    t_{sequence} = L \cdot 2 \cdot \frac{2(n-1)}{n} \frac{f\,2\,\mathrm{byte} \cdot d}{\beta} \cdot \frac{n}{N}

`N` chips of the whole copy of the model, of which the groups of `n` chips share the sequences; `M` message in byte on every chip, :math:`\beta` link rate of a chip in one direction, :math:`\alpha` latency of a
message. In the declared functions the latency is zero: a step pays it as fitted_parallel_layer_time. The factor `f` was fitted on
loaded engines: all-reduces of a few thousand tokens are far from the rate of large ones.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import COLLECTIVES, NCCL_TESTS, TENSOR_PARALLEL
from downstack.performance.declare import Array, Constant, Example, performance_function

_TWO_A_LAYER = Constant(2.0, "1", f"one after attention, one after the feed-forward block; {TENSOR_PARALLEL}")
_ACTIVATION = Constant(2.0, "byte/sequence", "one activation vector for each sequence in BF16: 16 bit a number")
_ONE_CHIP = Constant(1.0, "chip", "a chip exchanges with the others, not with itself")
_PHASES = Constant(2.0, "1", f"a reduce-scatter and an all-gather; {NCCL_TESTS}")


def _links_are_known(
    tensor_parallel: Array, scaleup_bandwidth_per_direction: Array, one_chip: float, **rest: Any
) -> Any:
    del rest
    return (tensor_parallel <= one_chip) | ~np.isnan(scaleup_bandwidth_per_direction)


@performance_function(
    formula="num_layers * allreduces_per_layer * phases * (n - 1) / n * hidden_size * bytes_per_element"
    " * fitted_exchange_factor / scaleup_bandwidth_per_direction * n / accelerators_per_replica,"
    " n = tensor_parallel; zero when n = 1",
    citation=f"{COLLECTIVES}; {TENSOR_PARALLEL}",
    constants={
        "allreduces_per_layer": _TWO_A_LAYER,
        "bytes_per_element": _ACTIVATION,
        "phases": _PHASES,
        "one_chip": _ONE_CHIP,
    },
    assumes=(
        "the exchange is not hidden behind arithmetic",
        "every tensor-parallel chip reaches every other at its full scale-up rate",
        "activations are exchanged in BF16, also by quantised models",
    ),
    optional=("scaleup_bandwidth_per_direction",),
    feasible=_links_are_known,
    infeasible_reason="the rate of the scale-up links between the chips is not known",
    increasing=("num_layers", "hidden_size", "tensor_parallel", "fitted_exchange_factor"),
    decreasing=("scaleup_bandwidth_per_direction", "accelerators_per_replica"),
    examples=(
        Example(
            {
                "num_layers": 0.5,
                "hidden_size": 2.0**29,
                "tensor_parallel": 8.0,
                "accelerators_per_replica": 8.0,
                "scaleup_bandwidth_per_direction": 450e9,
                "fitted_exchange_factor": 1.0,
            },
            4.1757e-3,
            1e-3,
            "by hand: one all-reduce of 1 GiB on 8 ranks at 450 GB/s, 2 * 7/8 * 2^30 / 450e9 = 4.176 ms",
        ),
        Example(
            {
                "num_layers": 80.0,
                "hidden_size": 8192.0,
                "tensor_parallel": 1.0,
                "accelerators_per_replica": 1.0,
                "scaleup_bandwidth_per_direction": float("nan"),
                "fitted_exchange_factor": 1.25,
            },
            0.0,
            1e-12,
            "one chip exchanges nothing, whatever its links",
        ),
    ),
)
def allreduce_time_per_sequence(
    num_layers: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    tensor_parallel: Annotated[Array, "chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    fitted_exchange_factor: Annotated[Array, "1"],
    *,
    allreduces_per_layer: float,
    bytes_per_element: float,
    phases: float,
    one_chip: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds by which each sequence of the batch lengthens a step through tensor-parallel all-reduces."""
    others = tensor_parallel - one_chip
    message = num_layers * allreduces_per_layer * hidden_size * bytes_per_element
    link = scaleup_bandwidth_per_direction * one_chip / fitted_exchange_factor
    exchange = phases * others / tensor_parallel * message / link * (tensor_parallel / accelerators_per_replica)
    # One chip has no links to know the rate of; the product keeps an unknown model unknown.
    nothing = 0.0 * message * fitted_exchange_factor * accelerators_per_replica
    return np.where(tensor_parallel <= one_chip, nothing, exchange)


@performance_function(
    formula="decoding_sequences * allreduce_time_per_sequence",
    citation=f"{COLLECTIVES}; {TENSOR_PARALLEL}",
    increasing=("decoding_sequences", "allreduce_time_per_sequence"),
    examples=(
        Example(
            {"decoding_sequences": 64.0, "allreduce_time_per_sequence": 1e-5},
            6.4e-4,
            1e-12,
            "by hand: 64 * 10 us",
        ),
    ),
)
def tensor_parallel_allreduce_time(
    decoding_sequences: Annotated[Array, "sequence"],
    allreduce_time_per_sequence: Annotated[Array, "s/sequence"],
) -> Annotated[Array, "s"]:
    """Seconds of a decode step that go into all-reduces, at the workload's reference concurrency."""
    return decoding_sequences * allreduce_time_per_sequence
