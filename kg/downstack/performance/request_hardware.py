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
    formula="accelerator_price_estimate * accelerator_time_per_request / server_useful_life",
    citation=DEFINITION,
    assumes=(_STRAIGHT, _BOOKS, "the accelerator alone: host, network and building are left out"),
    increasing=("accelerator_price_estimate", "accelerator_time_per_request"),
    decreasing=("server_useful_life",),
    examples=(
        Example(
            {
                "accelerator_price_estimate": 27000.0,
                "accelerator_time_per_request": 2.4,
                "server_useful_life": 6.0 * 365.25 * 86400.0,
            },
            27000.0 * 2.4 / (6.0 * 365.25 * 86400.0),
            1e-12,
            "by hand: 27000 USD over six years, for 2.4 chip seconds",
        ),
    ),
)
def hardware_cost_per_request(
    accelerator_price_estimate: Annotated[Array, "USD/chip"],
    accelerator_time_per_request: Annotated[Array, "s*chip/sequence"],
    server_useful_life: Annotated[Array, "s"],
) -> Annotated[Array, "USD/sequence"]:
    """Part of the purchase price of the accelerators that one request wears."""
    return accelerator_price_estimate * accelerator_time_per_request / server_useful_life


@performance_function(
    formula="manufacturing_cost_estimate * accelerator_time_per_request / server_useful_life",
    citation=DEFINITION,
    assumes=(_STRAIGHT, _BOOKS),
    increasing=("manufacturing_cost_estimate", "accelerator_time_per_request"),
    decreasing=("server_useful_life",),
    examples=(
        Example(
            {
                "manufacturing_cost_estimate": 4800.0,
                "accelerator_time_per_request": 2.4,
                "server_useful_life": 6.0 * 365.25 * 86400.0,
            },
            4800.0 * 2.4 / (6.0 * 365.25 * 86400.0),
            1e-12,
            "by hand: 4800 USD over six years, for 2.4 chip seconds",
        ),
    ),
)
def manufacturing_cost_per_request(
    manufacturing_cost_estimate: Annotated[Array, "USD/chip"],
    accelerator_time_per_request: Annotated[Array, "s*chip/sequence"],
    server_useful_life: Annotated[Array, "s"],
) -> Annotated[Array, "USD/sequence"]:
    """Part of what it cost to make the accelerators that one request wears: die, memory, packaging and test."""
    return manufacturing_cost_estimate * accelerator_time_per_request / server_useful_life


@performance_function(
    formula="hardware_cost_per_request - manufacturing_cost_per_request",
    citation=DEFINITION,
    assumes=("price and cost are estimates of different sources, for different volumes and dates",),
    increasing=("hardware_cost_per_request",),
    decreasing=("manufacturing_cost_per_request",),
    examples=(
        Example(
            {"hardware_cost_per_request": 0.0023, "manufacturing_cost_per_request": 0.0004},
            0.0019,
            1e-12,
            "by hand: 0.23 less 0.04 cents",
        ),
    ),
)
def price_beyond_manufacturing_per_request(
    hardware_cost_per_request: Annotated[Array, "USD/sequence"],
    manufacturing_cost_per_request: Annotated[Array, "USD/sequence"],
) -> Annotated[Array, "USD/sequence"]:
    """Part of the rent of a request that pays the seller of its accelerators beyond what making them cost."""
    return hardware_cost_per_request - manufacturing_cost_per_request


@performance_function(
    formula="cost_per_request - hardware_cost_per_request",
    citation=DEFINITION,
    assumes=("the owner bought at the estimated price, whatever it negotiated",),
    increasing=("cost_per_request",),
    decreasing=("hardware_cost_per_request",),
    examples=(
        Example(
            {"cost_per_request": 0.029, "hardware_cost_per_request": 0.0023},
            0.0267,
            1e-12,
            "by hand: 2.9 less 0.23 cents",
        ),
    ),
)
def rent_beyond_accelerators_per_request(
    cost_per_request: Annotated[Array, "USD/sequence"],
    hardware_cost_per_request: Annotated[Array, "USD/sequence"],
) -> Annotated[Array, "USD/sequence"]:
    """Part of the rent of a request that pays for hosts, network, building, electricity, idle time, capital and margin."""
    return cost_per_request - hardware_cost_per_request


@performance_function(
    formula="dies_in_stated_area / good_dies_per_wafer / one_chip * accelerator_time_per_request / server_useful_life;"
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
    increasing=("dies_in_stated_area", "accelerator_time_per_request"),
    decreasing=("good_dies_per_wafer", "server_useful_life"),
    examples=(
        Example(
            {
                "good_dies_per_wafer": 55.0,
                "dies_in_stated_area": 1.0,
                "accelerator_time_per_request": 2.4,
                "server_useful_life": 6.0 * 365.25 * 86400.0,
            },
            2.4 / 55.0 / (6.0 * 365.25 * 86400.0),
            1e-12,
            "by hand: a 55th of a wafer over six years, for 2.4 chip seconds",
        ),
    ),
)
def wafers_per_request(
    good_dies_per_wafer: Annotated[Array, "1"],
    accelerator_time_per_request: Annotated[Array, "s*chip/sequence"],
    server_useful_life: Annotated[Array, "s"],
    dies_in_stated_area: Annotated[Array, "1"],
    *,
    one_chip: float,
) -> Annotated[Array, "1/sequence"]:
    """Part of a logic wafer that one request wears."""
    dies = np.where(np.isnan(dies_in_stated_area), 1.0, dies_in_stated_area)
    return dies / good_dies_per_wafer / one_chip * accelerator_time_per_request / server_useful_life
