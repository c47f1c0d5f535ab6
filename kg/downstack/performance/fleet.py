r"""How many accelerators a power budget runs, and what they serve.

.. math::

    G = \lfloor P / p \rfloor \qquad B_G = G\,B / n \qquad X_G = G\,X / n \qquad x_P = X / (n\,p)

with the power `P` of the facility, the power `p` that it provides for each accelerator (cooling included), and the sequences `B`
and output tokens `X` of one copy of the model on `n` accelerators.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import INFERENCEX_FLEET
from downstack.performance.declare import Array, Constant, Example, performance_function

_WHOLE = Constant(1.0, "chip", "there are only whole accelerators")
_ALL_POWER = "all power of the facility goes to these accelerators, their servers, networks and cooling"
_FULL = "every copy of the model is full all the time; copies are not rounded to whole ones"


@performance_function(
    formula="floor(cluster_power / facility_power_per_accelerator)",
    citation=INFERENCEX_FLEET,
    constants={"one_chip": _WHOLE},
    assumes=(_ALL_POWER,),
    increasing=("cluster_power",),
    decreasing=("facility_power_per_accelerator",),
    examples=(
        Example(
            {"cluster_power": 10e6, "facility_power_per_accelerator": 1730.0},
            5780.0,
            1e-12,
            "by hand: 10 MW over 1.73 kW",
        ),
    ),
)
def accelerators_at_power(
    cluster_power: Annotated[Array, "W"],
    facility_power_per_accelerator: Annotated[Array, "W/chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "chip"]:
    """Accelerators that the power of a cluster can run."""
    return np.floor(cluster_power / facility_power_per_accelerator / one_chip) * one_chip


@performance_function(
    formula="accelerators_at_power / accelerators_per_replica * max_concurrent_sequences",
    citation=INFERENCEX_FLEET,
    assumes=(_FULL,),
    increasing=("accelerators_at_power", "max_concurrent_sequences"),
    decreasing=("accelerators_per_replica",),
    examples=(
        Example(
            {"accelerators_at_power": 5780.0, "accelerators_per_replica": 8.0, "max_concurrent_sequences": 100.0},
            72250.0,
            1e-12,
            "by hand: 722.5 copies of 100 sequences",
        ),
    ),
)
def streams_at_power(
    accelerators_at_power: Annotated[Array, "chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    max_concurrent_sequences: Annotated[Array, "sequence"],
) -> Annotated[Array, "sequence"]:
    """Streams that a fleet at the power of a cluster serves at once, within the latency target."""
    return accelerators_at_power / accelerators_per_replica * max_concurrent_sequences


@performance_function(
    formula="accelerators_at_power / accelerators_per_replica * throughput_tokens_per_second",
    citation=INFERENCEX_FLEET,
    assumes=(_FULL,),
    increasing=("accelerators_at_power", "throughput_tokens_per_second"),
    decreasing=("accelerators_per_replica",),
    examples=(
        Example(
            {"accelerators_at_power": 5780.0, "accelerators_per_replica": 8.0, "throughput_tokens_per_second": 2000.0},
            1.445e6,
            1e-12,
            "by hand: 722.5 copies of 2000 tokens/s",
        ),
    ),
)
def throughput_at_power(
    accelerators_at_power: Annotated[Array, "chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    throughput_tokens_per_second: Annotated[Array, "token/s"],
) -> Annotated[Array, "token/s"]:
    """Output tokens in a second of a fleet at the power of a cluster."""
    return accelerators_at_power / accelerators_per_replica * throughput_tokens_per_second


@performance_function(
    formula="throughput_tokens_per_second / (accelerators_per_replica * facility_power_per_accelerator)",
    citation=INFERENCEX_FLEET,
    assumes=("the accelerators draw all that the facility provides for them", "the instance is always full"),
    increasing=("throughput_tokens_per_second",),
    decreasing=("accelerators_per_replica", "facility_power_per_accelerator"),
    examples=(
        Example(
            {
                "throughput_tokens_per_second": 2000.0,
                "accelerators_per_replica": 8.0,
                "facility_power_per_accelerator": 1250.0,
            },
            0.2,
            1e-12,
            "by hand: 2000 tokens/s for 10 kW, 200000 for a megawatt",
        ),
    ),
)
def tokens_per_megawatt(
    throughput_tokens_per_second: Annotated[Array, "token/s"],
    accelerators_per_replica: Annotated[Array, "chip"],
    facility_power_per_accelerator: Annotated[Array, "W/chip"],
) -> Annotated[Array, "token/J"]:
    """Output tokens in a second for each watt of the facility, shown for a megawatt."""
    return throughput_tokens_per_second / (accelerators_per_replica * facility_power_per_accelerator)
