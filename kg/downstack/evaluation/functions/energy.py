r"""How much electricity of the accelerators one output token takes.

The power of a chip rises with the share of the time in which its memory or its arithmetic works, up to the design power.

.. math::

    P = P_{TDP}\,\min(1,\; p_0 + p_1 u) \qquad E = \frac{D\,n\,P}{X}
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.calibration import FITTED
from downstack.performance.citations import DEFINITION
from downstack.performance.declare import Array, Constant, Example, performance_function

_DESIGN = Constant(1.0, "1", "over many steps a chip draws no more than its design power")


@performance_function(
    formula="(weight_read_time + decoding_sequences * kv_read_time_per_sequence) / decode_step_time",
    citation=DEFINITION,
    increasing=("weight_read_time", "decoding_sequences", "kv_read_time_per_sequence"),
    decreasing=("decode_step_time",),
    examples=(
        Example(
            {
                "weight_read_time": 5e-3,
                "decoding_sequences": 10.0,
                "kv_read_time_per_sequence": 1e-4,
                "decode_step_time": 12e-3,
            },
            0.5,
            1e-12,
            "by hand: 6 ms of 12 ms",
        ),
    ),
    registry=CALIBRATED,
)
def reading_share_of_step(
    weight_read_time: Annotated[Array, "s"],
    decoding_sequences: Annotated[Array, "sequence"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    decode_step_time: Annotated[Array, "s"],
) -> Annotated[Array, "1"]:
    """Share of a decode step in which the memory reads."""
    return (weight_read_time + decoding_sequences * kv_read_time_per_sequence) / decode_step_time


@performance_function(
    formula="thermal_design_power * min(design, fitted_idle_power_share + fitted_busy_power_share"
    " * reading_share_of_step + fitted_batch_power_share * concurrent_sequences / (concurrent_sequences + half_batch))",
    citation=FITTED,
    constants={"design": _DESIGN, "half_batch": Constant(128.0, "sequence", "a batch at which arithmetic takes part")},
    assumes=("accelerators only: no host, no cooling",),
    increasing=(
        "thermal_design_power",
        "fitted_idle_power_share",
        "fitted_busy_power_share",
        "fitted_batch_power_share",
        "reading_share_of_step",
        "concurrent_sequences",
    ),
    examples=(
        Example(
            {
                "thermal_design_power": 700.0,
                "fitted_idle_power_share": 0.4,
                "fitted_busy_power_share": 0.4,
                "reading_share_of_step": 0.5,
                "fitted_batch_power_share": 0.2,
                "concurrent_sequences": 128.0,
            },
            490.0,
            1e-12,
            "by hand: 700 W * (0.4 + 0.2 + 0.1)",
        ),
    ),
    registry=CALIBRATED,
)
def loaded_accelerator_power(
    thermal_design_power: Annotated[Array, "W/chip"],
    fitted_idle_power_share: Annotated[Array, "1"],
    fitted_busy_power_share: Annotated[Array, "1"],
    reading_share_of_step: Annotated[Array, "1"],
    fitted_batch_power_share: Annotated[Array, "1"],
    concurrent_sequences: Annotated[Array, "sequence"],
    *,
    design: float,
    half_batch: float,
) -> Annotated[Array, "W/chip"]:
    """Watt of one accelerator of a loaded engine."""
    batch = fitted_batch_power_share * concurrent_sequences / (concurrent_sequences + half_batch)
    share = fitted_idle_power_share + fitted_busy_power_share * reading_share_of_step + batch
    return thermal_design_power * np.minimum(share, design)


@performance_function(
    formula="engine_replicas * accelerators_per_replica * loaded_accelerator_power / engine_throughput",
    citation=DEFINITION,
    increasing=("engine_replicas", "accelerators_per_replica", "loaded_accelerator_power"),
    decreasing=("engine_throughput",),
    examples=(
        Example(
            {
                "engine_replicas": 1.0,
                "accelerators_per_replica": 2.0,
                "loaded_accelerator_power": 490.0,
                "engine_throughput": 980.0,
            },
            1.0,
            1e-12,
            "by hand: 980 W / 980 token/s",
        ),
    ),
    registry=CALIBRATED,
)
def accelerator_energy_per_output_token(
    engine_replicas: Annotated[Array, "1"],
    accelerators_per_replica: Annotated[Array, "chip"],
    loaded_accelerator_power: Annotated[Array, "W/chip"],
    engine_throughput: Annotated[Array, "token/s"],
) -> Annotated[Array, "J/token"]:
    """Joule of the accelerators for one output token."""
    power = engine_replicas * accelerators_per_replica * loaded_accelerator_power
    return power / engine_throughput
