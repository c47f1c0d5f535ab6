r"""What a good die and a finished package cost to make.

.. math::

    n_{good} = N\,Y \qquad c_{die} = \frac{p_{wafer}}{n_{good}} \qquad
    Y_{package} = Y_{die}^{\,n}\,Y_{stack}^{\,m}\,Y_{assembly} \qquad
    c_{package} = \frac{c_{logic} + c_{memory} + c_{packaging}}{Y_{package}}

`N` dies of a wafer, `Y` share that can be sold; a package is lost with all that is on it when one of `n` dies, of `m`
stacks or the assembly fails.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import CHIP_SUPPLY, DIE_COST
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_ONE_CHIP = Constant(1.0, "chip", "the stacks of one accelerator")
_SHARE = "a share of what is attached"


@performance_function(
    formula="dies_per_wafer * sellable_die_yield",
    citation=DIE_COST,
    assumes=("whole wafers are not lost",),
    increasing=("dies_per_wafer", "sellable_die_yield"),
    examples=(Example({"dies_per_wafer": 63.5, "sellable_die_yield": 0.487}, 30.9, 1e-3, "by hand: 63.5 * 0.487"),),
)
def good_dies_per_wafer(
    dies_per_wafer: Annotated[Array, "1"], sellable_die_yield: Annotated[Array, "1"]
) -> Annotated[Array, "1"]:
    """Dies of one wafer that can be sold."""
    return dies_per_wafer * sellable_die_yield


@performance_function(
    formula="wafer_price / good_dies_per_wafer",
    citation=DIE_COST,
    assumes=("tests, masks and design are not in the price of the wafer",),
    increasing=("wafer_price",),
    decreasing=("good_dies_per_wafer",),
    examples=(
        Example(
            {"wafer_price": 16988.0, "good_dies_per_wafer": 30.9}, 550.0, 1e-3, "by hand: 16988 USD over 30.9 dies"
        ),
    ),
)
def die_cost(
    wafer_price: Annotated[Array, "USD"], good_dies_per_wafer: Annotated[Array, "1"]
) -> Annotated[Array, "USD"]:
    """Price of the wafer for each die that can be sold."""
    return wafer_price / good_dies_per_wafer


@performance_function(
    formula="die_attach_yield ** dies_in_stated_area * stack_attach_yield ** hbm_stacks * assembly_yield",
    citation=CHIP_SUPPLY,
    constants={"one_chip": _ONE_CHIP},
    assumes=("dies and stacks fail independently, and a package with one failure is lost",),
    validity=(
        Validity("die_attach_yield", 0.0, 1.0, _SHARE),
        Validity("stack_attach_yield", 0.0, 1.0, _SHARE),
        Validity("assembly_yield", 0.0, 1.0, _SHARE),
    ),
    increasing=("die_attach_yield", "stack_attach_yield", "assembly_yield"),
    examples=(
        Example(
            {
                "die_attach_yield": 0.99,
                "dies_in_stated_area": 2.0,
                "stack_attach_yield": 0.99,
                "hbm_stacks": 8.0,
                "assembly_yield": 0.98,
            },
            0.8863,
            1e-4,
            "by hand: 0.99^2 * 0.99^8 * 0.98",
        ),
    ),
)
def package_yield(
    die_attach_yield: Annotated[Array, "1"],
    dies_in_stated_area: Annotated[Array, "1"],
    stack_attach_yield: Annotated[Array, "1"],
    hbm_stacks: Annotated[Array, "1/chip"],
    assembly_yield: Annotated[Array, "1"],
    *,
    one_chip: float,
) -> Annotated[Array, "1"]:
    """Share of the packages that work."""
    stacks = hbm_stacks * one_chip
    return die_attach_yield**dies_in_stated_area * stack_attach_yield**stacks * assembly_yield


@performance_function(
    formula="logic_die_cost_estimate + memory_cost_estimate + packaging_cost_estimate",
    citation=DIE_COST,
    assumes=("what tests cost, and what is lost in them, is not in it",),
    increasing=("logic_die_cost_estimate", "memory_cost_estimate", "packaging_cost_estimate"),
    examples=(
        Example(
            {"logic_die_cost_estimate": 900.0, "memory_cost_estimate": 2900.0, "packaging_cost_estimate": 1100.0},
            4900.0,
            1e-12,
            "by hand: the parts of a B200 by Silicon Analysts",
        ),
    ),
)
def package_parts_cost(
    logic_die_cost_estimate: Annotated[Array, "USD/chip"],
    memory_cost_estimate: Annotated[Array, "USD/chip"],
    packaging_cost_estimate: Annotated[Array, "USD/chip"],
) -> Annotated[Array, "USD/chip"]:
    """Logic, memory and packaging of one accelerator, before anything is lost."""
    return logic_die_cost_estimate + memory_cost_estimate + packaging_cost_estimate


@performance_function(
    formula="package_parts_cost / package_yield",
    citation=CHIP_SUPPLY,
    assumes=("parts of a package that fails are lost: nothing is taken off again",),
    increasing=("package_parts_cost",),
    decreasing=("package_yield",),
    examples=(Example({"package_parts_cost": 4900.0, "package_yield": 0.8}, 6125.0, 1e-12, "by hand: 4900 / 0.8"),),
)
def package_cost(
    package_parts_cost: Annotated[Array, "USD/chip"], package_yield: Annotated[Array, "1"]
) -> Annotated[Array, "USD/chip"]:
    """What one working package costs to make."""
    return package_parts_cost / package_yield
