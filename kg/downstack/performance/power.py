r"""What a chip draws below full load. What a lower voltage and clock save is in ``silicon_power``.

.. math::

    P(u) = P_{idle} + (P_{max} - P_{idle})\,u^{\gamma}
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.declare import Array, Example, Validity, performance_function

_SERVERS = "Fan, Weber and Barroso: Power Provisioning for a Warehouse-sized Computer, ISCA 2007"


@performance_function(
    formula="idle_power + (thermal_design_power - idle_power) * processor_utilization ** power_exponent",
    citation=_SERVERS,
    validity=(Validity("processor_utilization", 0.0, 1.0, "a share of full load"),),
    assumes=("at full load a chip draws its thermal design power",),
    increasing=("thermal_design_power",),
    examples=(
        Example(
            {
                "idle_power": 100.0,
                "thermal_design_power": 700.0,
                "processor_utilization": 0.5,
                "power_exponent": 1.0,
            },
            400.0,
            1e-12,
            "by hand: 100 W + 600 W * 0.5",
        ),
    ),
)
def power_at_utilization(
    idle_power: Annotated[Array, "W/chip"],
    thermal_design_power: Annotated[Array, "W/chip"],
    processor_utilization: Annotated[Array, "1"],
    power_exponent: Annotated[Array, "1"],
) -> Annotated[Array, "W/chip"]:
    """Power that a chip draws at a share of its full load."""
    return idle_power + (thermal_design_power - idle_power) * processor_utilization**power_exponent
