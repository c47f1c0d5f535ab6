r"""How long a collective operation among chips takes, and the bus bandwidth that it reaches.

Around a ring every chip passes on its share of the message; a switch that adds up itself needs every part only once. A
long message is pipelined: what it costs to fill the pipeline is felt the less, the shorter the message is beside it.

.. math::

    \tau = \frac{Q}{\eta \beta} \qquad t = \tau + \frac{\tau E}{\tau + E} + t_0 \log_2 n \qquad
    Q_{ring} = p \frac{n-1}{n} S,\; E_{ring} = 2 (n-1)\,\alpha \qquad Q_{switch} = S
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import COLLECTIVES, NCCL_TESTS
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_CHIP = Constant(1.0, "chip", "a chip exchanges with the others, not with itself")
_SWITCH = "NVIDIA: Scaling Deep Learning Training with NCCL 2.12 and NVLink SHARP, reduction in the switch"
_START = Constant(2.0, "1", f"a reduce-scatter and an all-gather; {NCCL_TESTS}")


def _filled(stream: Array, fill: Array) -> Array:
    return stream + stream * fill / (stream + fill)


@performance_function(
    formula="collective_phases * (n - 1) / n * message_bytes, n = accelerators_per_instance",
    citation=NCCL_TESTS,
    constants={"one_chip": _ONE_CHIP},
    increasing=("message_bytes", "accelerators_per_instance", "collective_phases"),
    examples=(
        Example(
            {"message_bytes": 8e9, "accelerators_per_instance": 8.0, "collective_phases": 2.0},
            14e9,
            1e-12,
            "by hand: 1.75 times 8 GB",
        ),
    ),
    registry=CALIBRATED,
)
def collective_bus_bytes(
    message_bytes: Annotated[Array, "byte"],
    accelerators_per_instance: Annotated[Array, "chip"],
    collective_phases: Annotated[Array, "1"],
    *,
    one_chip: float,
) -> Annotated[Array, "byte"]:
    """Bytes that each chip sends around a ring: two phases for an all-reduce, one for an all-gather."""
    n = accelerators_per_instance
    return collective_phases * (n - one_chip) / n * message_bytes


@performance_function(
    formula="filled(collective_bus_bytes / (collective_link_bandwidth * fitted_ring_share), steps *"
    " (n - 1) * fitted_ring_step_time) + fitted_collective_start_time * log2(n), filled(t, e) = t + t * e / (t + e)",
    citation=COLLECTIVES,
    constants={"steps": _START, "one_chip": _ONE_CHIP},
    increasing=("collective_bus_bytes", "fitted_ring_step_time", "fitted_collective_start_time"),
    decreasing=("collective_link_bandwidth", "fitted_ring_share"),
    examples=(
        Example(
            {
                "collective_bus_bytes": 1.75 * 2.0**30,
                "accelerators_per_instance": 8.0,
                "collective_link_bandwidth": 450e9,
                "fitted_ring_share": 1.0,
                "fitted_ring_step_time": 0.0,
                "fitted_collective_start_time": 0.0,
            },
            4.1757e-3,
            1e-4,
            "by hand: 1 GiB on 8 ranks at 450 GB/s without latency, 4.176 ms",
        ),
    ),
    registry=CALIBRATED,
)
def ring_collective_time(
    collective_bus_bytes: Annotated[Array, "byte"],
    accelerators_per_instance: Annotated[Array, "chip"],
    collective_link_bandwidth: Annotated[Array, "byte/s/chip"],
    fitted_ring_share: Annotated[Array, "1"],
    fitted_ring_step_time: Annotated[Array, "s"],
    fitted_collective_start_time: Annotated[Array, "s"],
    *,
    steps: float,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds of a collective operation around a ring within a scale-up domain."""
    ranks = accelerators_per_instance / one_chip
    stream = collective_bus_bytes / (collective_link_bandwidth * one_chip * fitted_ring_share)
    fill = steps * (ranks - 1.0) * fitted_ring_step_time
    return _filled(stream, fill) + fitted_collective_start_time * np.log2(ranks)


@performance_function(
    formula="filled(message_bytes / (collective_link_bandwidth * fitted_switch_share), fitted_switch_fill_time)"
    " + fitted_collective_start_time * log2(n), filled(t, e) = t + t * e / (t + e)",
    citation=_SWITCH,
    constants={"one_chip": _ONE_CHIP},
    assumes=("the switch adds up: each chip sends its message once and receives the sum once",),
    increasing=("message_bytes", "fitted_switch_fill_time", "fitted_collective_start_time"),
    decreasing=("collective_link_bandwidth", "fitted_switch_share"),
    examples=(
        Example(
            {
                "message_bytes": 9e9,
                "accelerators_per_instance": 8.0,
                "collective_link_bandwidth": 450e9,
                "fitted_switch_share": 0.5,
                "fitted_switch_fill_time": 0.0,
                "fitted_collective_start_time": 1e-5,
            },
            0.04003,
            1e-12,
            "by hand: 9 GB at 225 GB/s, and three times 10 us",
        ),
    ),
    registry=CALIBRATED,
)
def switch_allreduce_time(
    message_bytes: Annotated[Array, "byte"],
    accelerators_per_instance: Annotated[Array, "chip"],
    collective_link_bandwidth: Annotated[Array, "byte/s/chip"],
    fitted_switch_share: Annotated[Array, "1"],
    fitted_switch_fill_time: Annotated[Array, "s"],
    fitted_collective_start_time: Annotated[Array, "s"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds of an all-reduce that the switch adds up."""
    stream = message_bytes / (collective_link_bandwidth * one_chip * fitted_switch_share)
    ranks = accelerators_per_instance / one_chip
    return _filled(stream, fitted_switch_fill_time) + fitted_collective_start_time * np.log2(ranks)


@performance_function(
    formula="collective_bus_bytes / collective_time",
    citation=NCCL_TESTS,
    increasing=("collective_bus_bytes",),
    decreasing=("collective_time",),
    examples=(Example({"collective_bus_bytes": 14e9, "collective_time": 0.035}, 400e9, 1e-12, "by hand"),),
    registry=CALIBRATED,
)
def collective_bus_bandwidth(
    collective_bus_bytes: Annotated[Array, "byte"], collective_time: Annotated[Array, "s"]
) -> Annotated[Array, "byte/s"]:
    """Bus bandwidth of a collective operation, as nccl-tests counts it."""
    return collective_bus_bytes / collective_time
