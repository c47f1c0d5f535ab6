r"""How much electricity one request takes, and during what.

.. math::

    e = P_{TDP}\,\mathrm{PUE}\,A \qquad e_{facility} = P_{TDP}\,(\mathrm{PUE} - 1)\,A \qquad e_i = P_{TDP}\,A_i

with the chip time `A` of :mod:`downstack.performance.request_occupation`; the four parts and the facility sum to the whole.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import DEFINITION, POWER_USAGE_EFFECTIVENESS
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_EQUIPMENT = Constant(1.0, "1", "of the facility's draw, the equipment's own part")
_FACILITY = Validity("power_usage_effectiveness", 1.0, 3.0, "a facility draws at least what its equipment draws")
_PEAK = "accelerators draw their thermal design power all the time; hosts, network and storage are left out"
_WHILE = "what the whole chips draw while the request waits for this, not what these circuits alone draw"


@performance_function(
    formula="thermal_design_power * power_usage_effectiveness * request_accelerator_time",
    citation=POWER_USAGE_EFFECTIVENESS,
    validity=(_FACILITY,),
    assumes=(_PEAK,),
    increasing=("thermal_design_power", "power_usage_effectiveness", "request_accelerator_time"),
    examples=(
        Example(
            {
                "thermal_design_power": 700.0,
                "power_usage_effectiveness": 1.25,
                "request_accelerator_time": 2.4,
            },
            2100.0,
            1e-12,
            "by hand: 700 W * 1.25 * 2.4 chip seconds",
        ),
    ),
)
def request_energy(
    thermal_design_power: Annotated[Array, "W/chip"],
    power_usage_effectiveness: Annotated[Array, "1"],
    request_accelerator_time: Annotated[Array, "s*chip/sequence"],
) -> Annotated[Array, "J/sequence"]:
    """Energy of the accelerators and of the facility around them for one request, prompt and answer."""
    return thermal_design_power * power_usage_effectiveness * request_accelerator_time


@performance_function(
    formula="thermal_design_power * (power_usage_effectiveness - equipment) * request_accelerator_time",
    citation=POWER_USAGE_EFFECTIVENESS,
    constants={"equipment": _EQUIPMENT},
    validity=(_FACILITY,),
    assumes=(_PEAK,),
    increasing=("power_usage_effectiveness",),
    examples=(
        Example(
            {
                "thermal_design_power": 700.0,
                "power_usage_effectiveness": 1.25,
                "request_accelerator_time": 2.4,
            },
            420.0,
            1e-12,
            "by hand: 700 W * 0.25 * 2.4 chip seconds",
        ),
    ),
)
def request_facility_energy(
    thermal_design_power: Annotated[Array, "W/chip"],
    power_usage_effectiveness: Annotated[Array, "1"],
    request_accelerator_time: Annotated[Array, "s*chip/sequence"],
    *,
    equipment: float,
) -> Annotated[Array, "J/sequence"]:
    """Energy that cooling and conversion add to what the accelerators draw for one request."""
    return thermal_design_power * (power_usage_effectiveness - equipment) * request_accelerator_time


@performance_function(
    formula="thermal_design_power * request_processor_accelerator_time",
    citation=DEFINITION,
    assumes=(_PEAK, _WHILE),
    increasing=("thermal_design_power", "request_processor_accelerator_time"),
    examples=(
        Example(
            {"thermal_design_power": 700.0, "request_processor_accelerator_time": 0.48},
            336.0,
            1e-12,
            "by hand: 700 W * 0.48 chip seconds",
        ),
    ),
)
def request_processor_energy(
    thermal_design_power: Annotated[Array, "W/chip"],
    request_processor_accelerator_time: Annotated[Array, "s*chip/sequence"],
) -> Annotated[Array, "J/sequence"]:
    """Energy of the accelerators of one request while arithmetic holds it up."""
    return thermal_design_power * request_processor_accelerator_time


@performance_function(
    formula="thermal_design_power * request_memory_accelerator_time",
    citation=DEFINITION,
    assumes=(_PEAK, _WHILE),
    increasing=("thermal_design_power", "request_memory_accelerator_time"),
    examples=(
        Example(
            {"thermal_design_power": 700.0, "request_memory_accelerator_time": 0.48},
            336.0,
            1e-12,
            "by hand: 700 W * 0.48 chip seconds",
        ),
    ),
)
def request_memory_energy(
    thermal_design_power: Annotated[Array, "W/chip"],
    request_memory_accelerator_time: Annotated[Array, "s*chip/sequence"],
) -> Annotated[Array, "J/sequence"]:
    """Energy of the accelerators of one request while reading weights and caches holds it up."""
    return thermal_design_power * request_memory_accelerator_time


@performance_function(
    formula="thermal_design_power * request_interconnect_accelerator_time",
    citation=DEFINITION,
    assumes=(_PEAK, _WHILE),
    increasing=("thermal_design_power", "request_interconnect_accelerator_time"),
    examples=(
        Example(
            {"thermal_design_power": 700.0, "request_interconnect_accelerator_time": 0.48},
            336.0,
            1e-12,
            "by hand: 700 W * 0.48 chip seconds",
        ),
    ),
)
def request_interconnect_energy(
    thermal_design_power: Annotated[Array, "W/chip"],
    request_interconnect_accelerator_time: Annotated[Array, "s*chip/sequence"],
) -> Annotated[Array, "J/sequence"]:
    """Energy of the accelerators of one request while exchanging activations holds it up."""
    return thermal_design_power * request_interconnect_accelerator_time


@performance_function(
    formula="thermal_design_power * request_framework_accelerator_time",
    citation=DEFINITION,
    assumes=(_PEAK, _WHILE),
    increasing=("thermal_design_power", "request_framework_accelerator_time"),
    examples=(
        Example(
            {"thermal_design_power": 700.0, "request_framework_accelerator_time": 0.48},
            336.0,
            1e-12,
            "by hand: 700 W * 0.48 chip seconds",
        ),
    ),
)
def request_framework_energy(
    thermal_design_power: Annotated[Array, "W/chip"],
    request_framework_accelerator_time: Annotated[Array, "s*chip/sequence"],
) -> Annotated[Array, "J/sequence"]:
    """Energy of the accelerators of one request while starting kernels holds it up."""
    return thermal_design_power * request_framework_accelerator_time
