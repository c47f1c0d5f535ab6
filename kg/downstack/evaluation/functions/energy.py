r"""How much electricity of the accelerators one output token takes.

.. math:: E = f_w\,n\,P_{TDP} / X
"""

from __future__ import annotations

from typing import Annotated

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import DEFINITION
from downstack.performance.declare import Array, Example, performance_function


@performance_function(
    formula="fitted_power_share * accelerators_per_instance * thermal_design_power / loaded_output_throughput",
    citation=DEFINITION,
    assumes=("accelerators only: no host, no cooling", "the share of the design power is the same at any load"),
    increasing=("fitted_power_share", "accelerators_per_instance", "thermal_design_power"),
    decreasing=("loaded_output_throughput",),
    examples=(
        Example(
            {
                "fitted_power_share": 0.7,
                "accelerators_per_instance": 2.0,
                "thermal_design_power": 700.0,
                "loaded_output_throughput": 980.0,
            },
            1.0,
            1e-12,
            "by hand: 980 W / 980 token/s",
        ),
    ),
    registry=CALIBRATED,
)
def accelerator_energy_per_output_token(
    fitted_power_share: Annotated[Array, "1"],
    accelerators_per_instance: Annotated[Array, "chip"],
    thermal_design_power: Annotated[Array, "W/chip"],
    loaded_output_throughput: Annotated[Array, "token/s"],
) -> Annotated[Array, "J/token"]:
    """Joule of the accelerators for one output token."""
    return fitted_power_share * accelerators_per_instance * thermal_design_power / loaded_output_throughput
