r"""A rental market that feeds back into itself: the fuller the machines the dearer, and the dearer the fewer are wanted.

.. math::

    D = D_0 (p / p_0)^{-\varepsilon} \qquad S = S_0 (p_{-12} / p_0)^{\sigma} \qquad
    u = u_0 D / S \qquad p = p_0 (u / u_0)^{\beta}

with price `p`, demand `D`, supply `S` and utilization `u`, each measured against a point of reference (index 0), and the
price of twelve months before behind what comes on offer now. Going round at once, a push of the price comes back as
:math:`-\varepsilon \beta` of itself, and by way of new supply as :math:`-\sigma \beta`.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import CONSTANT_ELASTICITY, DEFINITION
from downstack.performance.declare import Array, Example, Validity, performance_function

LEAD_TIME = 12
"""Months from an order to an accelerator on offer."""
_HOUR = 3600.0


@performance_function(
    formula="market_demand_at_reference_price * (market_price_per_accelerator_hour / market_reference_price)"
    " ** -price_elasticity_of_demand",
    citation=CONSTANT_ELASTICITY,
    assumes=(
        "every renter meets the same price, and a change of one per cent counts the same at any price",
        "the elasticity that was estimated for tokens of one model between providers stands for accelerators",
    ),
    increasing=("market_demand_at_reference_price",),
    decreasing=("market_price_per_accelerator_hour",),
    examples=(
        Example(
            {
                "market_demand_at_reference_price": 1.0,
                "market_price_per_accelerator_hour": 4.0 / _HOUR,
                "market_reference_price": 2.0 / _HOUR,
                "price_elasticity_of_demand": 1.0,
            },
            0.5,
            1e-12,
            "by hand: at twice the price and an elasticity of one half as many are wanted",
        ),
    ),
)
def market_demand(
    market_demand_at_reference_price: Annotated[Array, "1"],
    market_price_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    market_reference_price: Annotated[Array, "USD/s/chip"],
    price_elasticity_of_demand: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Accelerators that are wanted at a price, as a multiple of those rented at the point of reference."""
    ratio = market_price_per_accelerator_hour / market_reference_price
    return market_demand_at_reference_price * ratio**-price_elasticity_of_demand


@performance_function(
    formula="market_installed_supply * (market_price_per_accelerator_hour / market_reference_price)"
    " ** price_elasticity_of_supply",
    citation=CONSTANT_ELASTICITY,
    assumes=(
        f"what is ordered at a price is on offer {LEAD_TIME} months later, and leaves as late when the price falls",
    ),
    increasing=("market_installed_supply", "market_price_per_accelerator_hour"),
    lags={"market_price_per_accelerator_hour": LEAD_TIME},
    examples=(
        Example(
            {
                "market_installed_supply": 1.0,
                "market_price_per_accelerator_hour": 4.0 / _HOUR,
                "market_reference_price": 1.0 / _HOUR,
                "price_elasticity_of_supply": 0.5,
            },
            2.0,
            1e-12,
            "by hand: at four times the price and an elasticity of one half twice as many are offered",
        ),
    ),
)
def market_supply(
    market_installed_supply: Annotated[Array, "1"],
    market_price_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    market_reference_price: Annotated[Array, "USD/s/chip"],
    price_elasticity_of_supply: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Accelerators on offer after the price of twelve months before, as a multiple of those at the reference."""
    ratio = market_price_per_accelerator_hour / market_reference_price
    return market_installed_supply * ratio**price_elasticity_of_supply


@performance_function(
    formula="market_reference_utilization * market_demand / market_supply",
    citation=DEFINITION,
    assumes=("accelerators can be rented for each other",),
    increasing=("market_reference_utilization", "market_demand"),
    decreasing=("market_supply",),
    examples=(
        Example(
            {"market_reference_utilization": 0.7, "market_demand": 1.2, "market_supply": 0.96},
            0.875,
            1e-12,
            "by hand: 0.7 x 1.2 / 0.96",
        ),
    ),
)
def market_utilization(
    market_reference_utilization: Annotated[Array, "1"],
    market_demand: Annotated[Array, "1"],
    market_supply: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Share of the accelerators on offer that are rented."""
    return market_reference_utilization * market_demand / market_supply


@performance_function(
    formula="market_reference_price * (market_utilization / market_reference_utilization)"
    " ** price_response_to_utilization",
    citation=CONSTANT_ELASTICITY,
    assumes=("the price follows how full the machines are and nothing else: no cost floor, no contracts that hold it",),
    validity=(
        Validity(
            "market_utilization", 0.2, 1.0, "no market is fuller than full: beyond it, what is wanted is rationed"
        ),
    ),
    increasing=("market_reference_price", "market_utilization"),
    start=1.0 / _HOUR,
    examples=(
        Example(
            {
                "market_reference_price": 2.0 / _HOUR,
                "market_utilization": 0.8,
                "market_reference_utilization": 0.5,
                "price_response_to_utilization": 1.0,
            },
            3.2 / _HOUR,
            1e-12,
            "by hand: 1.6 times as full and a response of one is 1.6 times as dear",
        ),
    ),
)
def market_price_per_accelerator_hour(
    market_reference_price: Annotated[Array, "USD/s/chip"],
    market_utilization: Annotated[Array, "1"],
    market_reference_utilization: Annotated[Array, "1"],
    price_response_to_utilization: Annotated[Array, "1"],
) -> Annotated[Array, "USD/s/chip"]:
    """Rental price of one accelerator at a utilization of the market."""
    return market_reference_price * (market_utilization / market_reference_utilization) ** price_response_to_utilization
