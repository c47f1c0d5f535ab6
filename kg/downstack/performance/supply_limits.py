r"""How many accelerators can be made: the scarcest input decides.

.. math::

    q = \min_i \frac{c_i\,Y_i}{u_i}

over packaging wafers, logic wafers and memory stacks: :math:`c_i` what is set aside for the accelerator in a period,
:math:`Y_i` the share that works, :math:`u_i` how much one accelerator takes. More of any other input changes nothing.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import CHIP_SUPPLY
from downstack.performance.declare import Array, Constant, Example, Regimes, performance_function

_ONE_CHIP = Constant(1.0, "chip", "a package is one accelerator")
_MONTH = 2629800.0


@performance_function(
    formula="packaging_wafers_allocated * packages_per_cowos_wafer * package_yield; every package works where no yield is known",
    citation=CHIP_SUPPLY,
    constants={"one_chip": _ONE_CHIP},
    assumes=("where no yield of packages is known, every package works: an upper bound",),
    optional=("package_yield",),
    increasing=("packaging_wafers_allocated", "packages_per_cowos_wafer", "package_yield"),
    examples=(
        Example(
            {"packaging_wafers_allocated": 1000.0 / _MONTH, "packages_per_cowos_wafer": 28.0, "package_yield": 0.9},
            25200.0 / _MONTH,
            1e-12,
            "by hand: 1000 wafers a month, 28 packages each, 90 % good",
        ),
        Example(
            {
                "packaging_wafers_allocated": 1000.0 / _MONTH,
                "packages_per_cowos_wafer": 28.0,
                "package_yield": float("nan"),
            },
            28000.0 / _MONTH,
            1e-12,
            "by hand: 1000 wafers a month, 28 packages each",
        ),
    ),
)
def accelerator_supply_by_packaging(
    packaging_wafers_allocated: Annotated[Array, "1/s"],
    packages_per_cowos_wafer: Annotated[Array, "1"],
    package_yield: Annotated[Array, "1"],
    *,
    one_chip: float,
) -> Annotated[Array, "chip/s"]:
    """Accelerators that the packaging wafers set aside for them allow."""
    good = np.where(np.isnan(package_yield), 1.0, package_yield)
    return packaging_wafers_allocated * packages_per_cowos_wafer * good * one_chip


@performance_function(
    formula="logic_wafers_allocated * good_dies_per_wafer / dies_in_stated_area; one die where nothing is stated",
    citation=CHIP_SUPPLY,
    constants={"one_chip": _ONE_CHIP},
    assumes=("where the number of dies is not stated, an accelerator takes one",),
    optional=("dies_in_stated_area",),
    increasing=("logic_wafers_allocated", "good_dies_per_wafer"),
    decreasing=("dies_in_stated_area",),
    examples=(
        Example(
            {
                "logic_wafers_allocated": 500.0 / _MONTH,
                "good_dies_per_wafer": 55.0,
                "dies_in_stated_area": float("nan"),
            },
            27500.0 / _MONTH,
            1e-12,
            "by hand: 500 wafers a month with 55 good dies each",
        ),
        Example(
            {"logic_wafers_allocated": 500.0 / _MONTH, "good_dies_per_wafer": 55.0, "dies_in_stated_area": 2.0},
            13750.0 / _MONTH,
            1e-12,
            "by hand: and two dies in a package",
        ),
    ),
)
def accelerator_supply_by_logic(
    logic_wafers_allocated: Annotated[Array, "1/s"],
    good_dies_per_wafer: Annotated[Array, "1"],
    dies_in_stated_area: Annotated[Array, "1"],
    *,
    one_chip: float,
) -> Annotated[Array, "chip/s"]:
    """Accelerators that the logic wafers set aside for them allow."""
    dies = np.where(np.isnan(dies_in_stated_area), 1.0, dies_in_stated_area)
    return logic_wafers_allocated * good_dies_per_wafer / dies * one_chip


@performance_function(
    formula="memory_stacks_allocated / hbm_stacks",
    citation=CHIP_SUPPLY,
    increasing=("memory_stacks_allocated",),
    decreasing=("hbm_stacks",),
    examples=(
        Example(
            {"memory_stacks_allocated": 180000.0 / _MONTH, "hbm_stacks": 6.0},
            30000.0 / _MONTH,
            1e-12,
            "by hand: 180,000 stacks a month, six on each",
        ),
    ),
)
def accelerator_supply_by_memory(
    memory_stacks_allocated: Annotated[Array, "1/s"], hbm_stacks: Annotated[Array, "1/chip"]
) -> Annotated[Array, "chip/s"]:
    """Accelerators that the memory stacks set aside for them allow."""
    return memory_stacks_allocated / hbm_stacks


def _binding(
    accelerator_supply_by_packaging: Array, accelerator_supply_by_logic: Array, accelerator_supply_by_memory: Array
) -> Any:
    limits = np.broadcast_arrays(
        accelerator_supply_by_packaging, accelerator_supply_by_logic, accelerator_supply_by_memory
    )
    return np.argmin(np.stack([np.where(np.isnan(limit), np.inf, limit) for limit in limits]), axis=0)


@performance_function(
    formula="min(accelerator_supply_by_packaging, accelerator_supply_by_logic, accelerator_supply_by_memory),"
    " of the last two those that are known",
    citation=CHIP_SUPPLY,
    assumes=("logic and memory of which no allocation is known do not bind: the result is then an upper bound",),
    optional=("accelerator_supply_by_logic", "accelerator_supply_by_memory"),
    regimes=Regimes(("packaging wafers", "logic wafers", "memory stacks"), _binding),
    increasing=("accelerator_supply_by_packaging", "accelerator_supply_by_logic", "accelerator_supply_by_memory"),
    examples=(
        Example(
            {
                "accelerator_supply_by_packaging": 28000.0 / _MONTH,
                "accelerator_supply_by_logic": 27500.0 / _MONTH,
                "accelerator_supply_by_memory": 30000.0 / _MONTH,
            },
            27500.0 / _MONTH,
            1e-12,
            "by hand: the logic wafers bind",
        ),
    ),
)
def accelerator_supply(
    accelerator_supply_by_packaging: Annotated[Array, "chip/s"],
    accelerator_supply_by_logic: Annotated[Array, "chip/s"],
    accelerator_supply_by_memory: Annotated[Array, "chip/s"],
) -> Annotated[Array, "chip/s"]:
    """Accelerators of one kind that can be made in a period."""
    others = np.fmin(accelerator_supply_by_logic, accelerator_supply_by_memory)
    known = np.fmin(accelerator_supply_by_packaging, others)
    return np.where(np.isnan(accelerator_supply_by_packaging), np.nan, known)
