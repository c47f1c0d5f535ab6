r"""What the units of a chip do in a second, and what it costs in electricity.

.. math::

    P_{peak} = n_{units}\,o\,f \qquad E_{op} = \frac{P_{TDP}}{P_{peak}} \qquad
    \frac{P'}{P} = v^2\,f' \qquad \frac{E'}{E} = v^2

`o` operations of one matrix unit in a clock cycle, `f` clock. Switching a capacitance `C` at voltage `V` takes
:math:`C V^2`, so that power and energy follow the ratio of the voltages `v` in the square (CMOS).
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import CMOS_POWER, PEAK_RATE
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_ONE_CHIP = Constant(1.0, "chip", "the matrix units of one accelerator")
_ONLY_SWITCHING = "leakage and memory are left out: only the power of switching follows the voltage"
_NEAR = "far from the rated point circuits do not work, or leakage dominates"


@performance_function(
    formula="matrix_core_count * operations_per_matrix_core_cycle * clock_frequency_max",
    citation=PEAK_RATE,
    constants={"one_chip": _ONE_CHIP},
    assumes=("every unit works in every cycle at the highest clock: a peak that no program reaches",),
    increasing=("matrix_core_count", "operations_per_matrix_core_cycle", "clock_frequency_max"),
    examples=(
        Example(
            {"matrix_core_count": 528.0, "operations_per_matrix_core_cycle": 1024.0, "clock_frequency_max": 1.83e9},
            989.4e12,
            1e-4,
            "H100 SXM datasheet: 989 TFLOP/s in BF16, dense",
        ),
    ),
)
def peak_flops_from_matrix_cores(
    matrix_core_count: Annotated[Array, "1"],
    operations_per_matrix_core_cycle: Annotated[Array, "FLOP"],
    clock_frequency_max: Annotated[Array, "1/s"],
    *,
    one_chip: float,
) -> Annotated[Array, "FLOP/s/chip"]:
    """Dense BF16 peak of one accelerator from its matrix units, to compare with what is published."""
    return matrix_core_count * operations_per_matrix_core_cycle * clock_frequency_max / one_chip


@performance_function(
    formula="thermal_design_power / peak_flops_bf16_dense",
    citation=CMOS_POWER,
    assumes=(
        "the design power is drawn while the peak is reached; a program that waits for memory takes more for each",
    ),
    increasing=("thermal_design_power",),
    decreasing=("peak_flops_bf16_dense",),
    examples=(
        Example(
            {"thermal_design_power": 700.0, "peak_flops_bf16_dense": 989.5e12},
            0.7074e-12,
            1e-3,
            "by hand: 700 W over 989.5 TFLOP/s is 0.71 pJ/FLOP",
        ),
    ),
)
def energy_per_operation(
    thermal_design_power: Annotated[Array, "W/chip"],
    peak_flops_bf16_dense: Annotated[Array, "FLOP/s/chip"],
) -> Annotated[Array, "J/FLOP"]:
    """Electricity for one dense BF16 operation at peak."""
    return thermal_design_power / peak_flops_bf16_dense


@performance_function(
    formula="voltage_ratio ** 2",
    citation=CMOS_POWER,
    assumes=(_ONLY_SWITCHING,),
    validity=(Validity("voltage_ratio", 0.5, 1.5, _NEAR),),
    increasing=("voltage_ratio",),
    examples=(
        Example({"voltage_ratio": 0.85}, 0.7225, 1e-12, "Hennessy and Patterson: 15 % less voltage, energy times 0.72"),
    ),
)
def scaled_energy_ratio(voltage_ratio: Annotated[Array, "1"]) -> Annotated[Array, "1"]:
    """Energy of an operation after a change of voltage, over that before."""
    return voltage_ratio**2


@performance_function(
    formula="thermal_design_power * scaled_energy_ratio * clock_ratio",
    citation=CMOS_POWER,
    assumes=(_ONLY_SWITCHING,),
    validity=(Validity("clock_ratio", 0.3, 1.5, _NEAR),),
    increasing=("thermal_design_power", "scaled_energy_ratio", "clock_ratio"),
    examples=(
        Example(
            {"thermal_design_power": 1.0, "scaled_energy_ratio": 0.7225, "clock_ratio": 0.85},
            0.614,
            1e-3,
            "Hennessy and Patterson: 15 % less voltage and clock, power times 0.61",
        ),
    ),
)
def scaled_power(
    thermal_design_power: Annotated[Array, "W/chip"],
    scaled_energy_ratio: Annotated[Array, "1"],
    clock_ratio: Annotated[Array, "1"],
) -> Annotated[Array, "W/chip"]:
    """Power of one accelerator at another voltage and clock."""
    return thermal_design_power * scaled_energy_ratio * clock_ratio
