r"""How much electricity an output token takes.

.. math::

    e = P_{TDP}\,n\,\mathrm{PUE} / X
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import POWER_USAGE_EFFECTIVENESS
from downstack.performance.declare import Array, Example, Validity, performance_function


@performance_function(
    formula="thermal_design_power * accelerators_per_replica * power_usage_effectiveness"
    " / throughput_tokens_per_second",
    citation=POWER_USAGE_EFFECTIVENESS,
    validity=(Validity("power_usage_effectiveness", 1.0, 3.0, "a facility draws at least what its equipment draws"),),
    assumes=(
        "accelerators only: hosts, network and storage of the instance are left out",
        "accelerators draw their thermal design power all the time",
        "all energy is put on output tokens",
    ),
    increasing=("thermal_design_power", "accelerators_per_replica", "power_usage_effectiveness"),
    decreasing=("throughput_tokens_per_second",),
    examples=(
        Example(
            {
                "thermal_design_power": 700.0,
                "accelerators_per_replica": 8.0,
                "power_usage_effectiveness": 1.25,
                "throughput_tokens_per_second": 2000.0,
            },
            3.5,
            1e-12,
            "by hand: 700 W * 8 * 1.25 / 2000 tokens/s",
        ),
    ),
)
def energy_per_token(
    thermal_design_power: Annotated[Array, "W/chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    power_usage_effectiveness: Annotated[Array, "1"],
    throughput_tokens_per_second: Annotated[Array, "token/s"],
) -> Annotated[Array, "J/token"]:
    """Energy of the accelerators and of the facility around them for each output token."""
    power = thermal_design_power * accelerators_per_replica * power_usage_effectiveness
    return power / throughput_tokens_per_second
