r"""The bus bandwidth that an all-reduce of a given size reaches.

A pipelined ring cuts the message so that filling the pipeline and starting the pieces cost the same:

.. math::

    t = \left(\sqrt{\frac{2(n-1)}{n} \frac{S}{\eta\,\beta}} + \sqrt{2 (n-1)\,\alpha}\right)^2 \qquad
    b = \frac{2(n-1)}{n} \frac{S}{t}
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import COLLECTIVES, NCCL_TESTS
from downstack.performance.declare import Array, Constant, Example, performance_function

_PHASES = Constant(2.0, "1", f"a reduce-scatter and an all-gather; {NCCL_TESTS}")
_ONE_CHIP = Constant(1.0, "chip", "a chip exchanges with the others, not with itself")


@performance_function(
    formula="(sqrt(phases * (n - 1) / n * message_bytes / (scaleup_bandwidth_per_direction * fitted_bus_share))"
    " + sqrt(phases * (n - 1) * fitted_message_time))^2, n = accelerators_per_instance",
    citation=COLLECTIVES,
    constants={"phases": _PHASES, "one_chip": _ONE_CHIP},
    increasing=("message_bytes", "accelerators_per_instance", "fitted_message_time"),
    decreasing=("scaleup_bandwidth_per_direction", "fitted_bus_share"),
    examples=(
        Example(
            {
                "message_bytes": 2.0**30,
                "accelerators_per_instance": 8.0,
                "scaleup_bandwidth_per_direction": 450e9,
                "fitted_bus_share": 1.0,
                "fitted_message_time": 0.0,
            },
            4.1757e-3,
            1e-4,
            "by hand: 1 GiB on 8 ranks at 450 GB/s without latency, 4.176 ms",
        ),
    ),
    registry=CALIBRATED,
)
def loaded_allreduce_time(
    message_bytes: Annotated[Array, "byte"],
    accelerators_per_instance: Annotated[Array, "chip"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    fitted_bus_share: Annotated[Array, "1"],
    fitted_message_time: Annotated[Array, "s"],
    *,
    phases: float,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds of one all-reduce within a scale-up domain."""
    others = (accelerators_per_instance - one_chip) / one_chip
    link = scaleup_bandwidth_per_direction * one_chip * fitted_bus_share
    stream = phases * others * one_chip / accelerators_per_instance * message_bytes / link
    return (np.sqrt(stream) + np.sqrt(phases * others * fitted_message_time)) ** 2


@performance_function(
    formula="phases * (n - 1) / n * message_bytes / loaded_allreduce_time, n = accelerators_per_instance",
    citation=NCCL_TESTS,
    constants={"phases": _PHASES, "one_chip": _ONE_CHIP},
    decreasing=("loaded_allreduce_time",),
    increasing=("message_bytes",),
    examples=(
        Example(
            {"message_bytes": 8e9, "accelerators_per_instance": 8.0, "loaded_allreduce_time": 0.035},
            400e9,
            1e-12,
            "by hand: 1.75 * 8 GB / 35 ms",
        ),
    ),
    registry=CALIBRATED,
)
def allreduce_bus_bandwidth(
    message_bytes: Annotated[Array, "byte"],
    accelerators_per_instance: Annotated[Array, "chip"],
    loaded_allreduce_time: Annotated[Array, "s"],
    *,
    phases: float,
    one_chip: float,
) -> Annotated[Array, "byte/s"]:
    """Bus bandwidth of an all-reduce: algorithm bandwidth times 2(n - 1)/n."""
    share = (accelerators_per_instance - one_chip) / accelerators_per_instance
    return phases * share * message_bytes / loaded_allreduce_time
