r"""How much of a chip one request wears: its purchase price, its making and its wafer, by the share of its life.

.. math::

    c = C\,\frac{A}{L}

with the chip time `A` of the request and the useful life `L` over which the owner writes servers off. It is a part of what the
rent pays for, not an amount on top of it: the rent of a request is what making its chips cost, what their price is beyond that,
and what the rent is beyond the price.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import DEFINITION
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_CHIP = Constant(1.0, "chip", "a wafer is shared by the chips that are cut from it")
_STRAIGHT = "straight-line: every second of the useful life bears the same, and the accelerator is in use all the time"
_BOOKS = "the useful life is that of the owner's books, and says nothing of how long the chip works"


@performance_function(
    formula="accelerator_price_estimate * request_accelerator_time / depreciation_time",
    citation=DEFINITION,
    assumes=(_STRAIGHT, _BOOKS, "the accelerator alone: host, network and building are left out"),
    increasing=("accelerator_price_estimate", "request_accelerator_time"),
    decreasing=("depreciation_time",),
    examples=(
        Example(
            {
                "accelerator_price_estimate": 27000.0,
                "request_accelerator_time": 2.4,
                "depreciation_time": 6.0 * 365.25 * 86400.0,
            },
            27000.0 * 2.4 / (6.0 * 365.25 * 86400.0),
            1e-12,
            "by hand: 27000 USD over six years, for 2.4 chip seconds",
        ),
    ),
)
def request_hardware_cost(
    accelerator_price_estimate: Annotated[Array, "USD/chip"],
    request_accelerator_time: Annotated[Array, "s*chip/sequence"],
    depreciation_time: Annotated[Array, "s"],
) -> Annotated[Array, "USD/sequence"]:
    """Part of the purchase price of the accelerators that one request wears."""
    return accelerator_price_estimate * request_accelerator_time / depreciation_time


@performance_function(
    formula="manufacturing_cost_estimate * request_accelerator_time / depreciation_time",
    citation=DEFINITION,
    assumes=(_STRAIGHT, _BOOKS),
    increasing=("manufacturing_cost_estimate", "request_accelerator_time"),
    decreasing=("depreciation_time",),
    examples=(
        Example(
            {
                "manufacturing_cost_estimate": 4800.0,
                "request_accelerator_time": 2.4,
                "depreciation_time": 6.0 * 365.25 * 86400.0,
            },
            4800.0 * 2.4 / (6.0 * 365.25 * 86400.0),
            1e-12,
            "by hand: 4800 USD over six years, for 2.4 chip seconds",
        ),
    ),
)
def request_manufacturing_cost(
    manufacturing_cost_estimate: Annotated[Array, "USD/chip"],
    request_accelerator_time: Annotated[Array, "s*chip/sequence"],
    depreciation_time: Annotated[Array, "s"],
) -> Annotated[Array, "USD/sequence"]:
    """Part of what it cost to make the accelerators that one request wears: die, memory, packaging and test."""
    return manufacturing_cost_estimate * request_accelerator_time / depreciation_time


@performance_function(
    formula="request_hardware_cost - request_manufacturing_cost",
    citation=DEFINITION,
    assumes=("price and cost are estimates of different sources, for different volumes and dates",),
    increasing=("request_hardware_cost",),
    decreasing=("request_manufacturing_cost",),
    examples=(
        Example(
            {"request_hardware_cost": 0.0023, "request_manufacturing_cost": 0.0004},
            0.0019,
            1e-12,
            "by hand: 0.23 less 0.04 cents",
        ),
    ),
)
def request_price_beyond_manufacturing(
    request_hardware_cost: Annotated[Array, "USD/sequence"],
    request_manufacturing_cost: Annotated[Array, "USD/sequence"],
) -> Annotated[Array, "USD/sequence"]:
    """Part of the rent of a request that pays the seller of its accelerators beyond what making them cost."""
    return request_hardware_cost - request_manufacturing_cost


@performance_function(
    formula="request_cost - request_hardware_cost",
    citation=DEFINITION,
    assumes=("the owner bought at the estimated price, whatever it negotiated",),
    increasing=("request_cost",),
    decreasing=("request_hardware_cost",),
    examples=(
        Example(
            {"request_cost": 0.029, "request_hardware_cost": 0.0023},
            0.0267,
            1e-12,
            "by hand: 2.9 less 0.23 cents",
        ),
    ),
)
def request_rent_beyond_accelerators(
    request_cost: Annotated[Array, "USD/sequence"],
    request_hardware_cost: Annotated[Array, "USD/sequence"],
) -> Annotated[Array, "USD/sequence"]:
    """Part of the rent of a request that pays for hosts, network, building, electricity, idle time, capital and margin."""
    return request_cost - request_hardware_cost


@performance_function(
    formula="dies_in_stated_area / good_dies_per_wafer / one_chip * request_accelerator_time / depreciation_time;"
    " one die where nothing is stated",
    citation=DEFINITION,
    constants={"one_chip": _ONE_CHIP},
    assumes=(
        _STRAIGHT,
        _BOOKS,
        "logic wafers only: those of the memory are left out",
        "where the number of dies is not stated, an accelerator takes one",
    ),
    optional=("dies_in_stated_area",),
    increasing=("dies_in_stated_area", "request_accelerator_time"),
    decreasing=("good_dies_per_wafer", "depreciation_time"),
    examples=(
        Example(
            {
                "good_dies_per_wafer": 55.0,
                "dies_in_stated_area": 1.0,
                "request_accelerator_time": 2.4,
                "depreciation_time": 6.0 * 365.25 * 86400.0,
            },
            2.4 / 55.0 / (6.0 * 365.25 * 86400.0),
            1e-12,
            "by hand: a 55th of a wafer over six years, for 2.4 chip seconds",
        ),
    ),
)
def request_wafers(
    good_dies_per_wafer: Annotated[Array, "1"],
    request_accelerator_time: Annotated[Array, "s*chip/sequence"],
    depreciation_time: Annotated[Array, "s"],
    dies_in_stated_area: Annotated[Array, "1"],
    *,
    one_chip: float,
) -> Annotated[Array, "1/sequence"]:
    """Part of a logic wafer that one request wears."""
    dies = np.where(np.isnan(dies_in_stated_area), 1.0, dies_in_stated_area)
    return dies / good_dies_per_wafer / one_chip * request_accelerator_time / depreciation_time
