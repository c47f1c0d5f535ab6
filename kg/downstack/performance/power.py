r"""What a chip draws below full load, and what a lower voltage and clock save.

.. math::

    P(u) = P_{idle} + (P_{max} - P_{idle})\,u^{\gamma} \qquad P \propto V^2 f \qquad E \propto V^2
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.declare import Array, Example, Validity, performance_function

_SERVERS = "Fan, Weber and Barroso: Power Provisioning for a Warehouse-sized Computer, ISCA 2007"
_DYNAMIC = "Hennessy and Patterson: Computer Architecture, chapter on trends in power and energy"


@performance_function(
    formula="idle_power + (thermal_design_power - idle_power) * processor_utilization ** power_exponent",
    citation=_SERVERS,
    validity=(Validity("processor_utilization", 0.0, 1.0, "a share of full load"),),
    assumes=("at full load a chip draws its thermal design power",),
    increasing=("thermal_design_power", "processor_utilization"),
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


@performance_function(
    formula="voltage_ratio ** 2",
    citation=_DYNAMIC,
    assumes=("dynamic energy only: leakage is left out",),
    increasing=("voltage_ratio",),
    examples=(
        Example({"voltage_ratio": 0.85}, 0.72, 0.005, "Hennessy and Patterson: 15 % less voltage, 0.72 of the energy"),
    ),
)
def dynamic_energy_ratio(voltage_ratio: Annotated[Array, "1"]) -> Annotated[Array, "1"]:
    """Energy of an operation at a changed voltage, over that before."""
    return voltage_ratio * voltage_ratio


@performance_function(
    formula="dynamic_energy_ratio * frequency_ratio",
    citation=_DYNAMIC,
    assumes=("dynamic power only: leakage is left out",),
    increasing=("dynamic_energy_ratio", "frequency_ratio"),
    examples=(
        Example(
            {"dynamic_energy_ratio": 0.7225, "frequency_ratio": 0.85},
            0.61,
            0.01,
            "Hennessy and Patterson: 15 % less voltage and clock, 0.61 of the power",
        ),
    ),
)
def dynamic_power_ratio(
    dynamic_energy_ratio: Annotated[Array, "1"], frequency_ratio: Annotated[Array, "1"]
) -> Annotated[Array, "1"]:
    """Dynamic power at a changed voltage and clock, over that before."""
    return dynamic_energy_ratio * frequency_ratio
