r"""What an accelerator costs its owner for each hour that it is rented out.

The capital is paid back with interest in equal yearly payments; the payments of a year, and what it costs to run the machine,
are earned in the hours that it is rented out. Electricity is paid for what the server draws and for the facility around it.

.. math::

    \mathrm{CRF} = \frac{r}{1 - (1 + r)^{-y}} \qquad
    c = \frac{K\,(\mathrm{CRF} + o)}{1\,\mathrm{year} \cdot a\,u} + P\,s\,\mathrm{PUE}\,e

with the yearly interest `r` over `y` years, capital `K`, yearly operation `o` over capital, availability `a`, share of time
sold `u`, largest power `P` of the server, its mean share `s` and the price `e` of electricity.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import CAPITAL_RECOVERY, DEFINITION, INFERENCEX_COST, POWER_USAGE_EFFECTIVENESS
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_HOUR = 3600.0
_YEAR = Constant(
    365.25 * 24.0 * _HOUR, "s", "interest is quoted for a year; the Julian year of the unit system, 8766 h"
)
_SHARE = "a share"
_FULL = "the instance is full all the time that it is rented"


@performance_function(
    formula="accelerator_price_estimate * system_cost_factor",
    citation=DEFINITION,
    assumes=("server, network and storage cost in proportion to the accelerator",),
    increasing=("accelerator_price_estimate", "system_cost_factor"),
    examples=(
        Example(
            {"accelerator_price_estimate": 27000.0, "system_cost_factor": 1.8},
            48600.0,
            1e-12,
            "by hand: 27000 USD * 1.8",
        ),
    ),
)
def capital_cost_per_accelerator(
    accelerator_price_estimate: Annotated[Array, "USD/chip"],
    system_cost_factor: Annotated[Array, "1"],
) -> Annotated[Array, "USD/chip"]:
    """Cost of one installed accelerator where nobody published it, from the price of the accelerator alone."""
    return accelerator_price_estimate * system_cost_factor


def _has_interest(cost_of_capital: Array, depreciation_time: Array, year: float) -> Any:
    del year
    return (cost_of_capital > 0.0) & (depreciation_time > 0.0 * depreciation_time)


@performance_function(
    formula="cost_of_capital / (1 - (1 + cost_of_capital) ^ -(depreciation_time / year))",
    citation=CAPITAL_RECOVERY,
    constants={"year": _YEAR},
    feasible=_has_interest,
    infeasible_reason="capital without interest or without a time to pay it back has no such factor",
    assumes=("equal payments at the end of each year; nothing is left to sell at the end",),
    increasing=("cost_of_capital",),
    decreasing=("depreciation_time",),
    examples=(
        Example(
            {"cost_of_capital": 0.1, "depreciation_time": 5.0 * _YEAR.value},
            0.26380,
            2e-5,
            "tables of engineering economy: 10 %, five years",
        ),
    ),
)
def capital_recovery_factor(
    cost_of_capital: Annotated[Array, "1"],
    depreciation_time: Annotated[Array, "s"],
    *,
    year: float,
) -> Annotated[Array, "1"]:
    """Yearly payment that pays back capital and interest over the life of the machine, over the capital."""
    return cost_of_capital / -np.expm1(-(depreciation_time / year) * np.log1p(cost_of_capital))


@performance_function(
    formula="capital_cost_per_accelerator * (capital_recovery_factor + yearly_operating_share)"
    " / (year * available_share * sold_share)",
    citation=CAPITAL_RECOVERY,
    constants={"year": _YEAR},
    validity=(Validity("available_share", 0.0, 1.0, _SHARE), Validity("sold_share", 0.0, 1.0, _SHARE)),
    assumes=("buildings, their power supply, profit and tax are left out",),
    increasing=("capital_cost_per_accelerator", "capital_recovery_factor", "yearly_operating_share"),
    decreasing=("available_share", "sold_share"),
    examples=(
        Example(
            {
                "capital_cost_per_accelerator": 50000.0,
                "capital_recovery_factor": 0.2638,
                "yearly_operating_share": 0.0,
                "available_share": 1.0,
                "sold_share": 1.0,
            },
            1.50468 / _HOUR,
            1e-5,
            "by hand: 13190 USD a year over 8766 h",
        ),
    ),
)
def capital_cost_per_accelerator_hour(
    capital_cost_per_accelerator: Annotated[Array, "USD/chip"],
    capital_recovery_factor: Annotated[Array, "1"],
    yearly_operating_share: Annotated[Array, "1"],
    available_share: Annotated[Array, "1"],
    sold_share: Annotated[Array, "1"],
    *,
    year: float,
) -> Annotated[Array, "USD/s/chip"]:
    """Payments for capital and operation of one accelerator, spread over the time that it is rented out."""
    payment = capital_cost_per_accelerator * (capital_recovery_factor + yearly_operating_share)
    return payment / (year * available_share * sold_share)


@performance_function(
    formula="server_power_per_accelerator * mean_power_share * power_usage_effectiveness * electricity_price",
    citation=POWER_USAGE_EFFECTIVENESS,
    validity=(
        Validity("power_usage_effectiveness", 1.0, 3.0, "a facility draws at least what its equipment draws"),
        Validity("mean_power_share", 0.0, 1.0, _SHARE),
    ),
    assumes=("what an idle server draws is paid in the hours that it is rented out at the mean of all hours",),
    increasing=("server_power_per_accelerator", "mean_power_share", "power_usage_effectiveness", "electricity_price"),
    examples=(
        Example(
            {
                "server_power_per_accelerator": 1275.0,
                "mean_power_share": 0.7,
                "power_usage_effectiveness": 1.2,
                "electricity_price": 0.08 / 3.6e6,
            },
            0.08568 / _HOUR,
            1e-12,
            "by hand: 1.275 kW * 0.7 * 1.2 * 0.08 USD/kWh",
        ),
    ),
)
def electricity_cost_per_accelerator_hour(
    server_power_per_accelerator: Annotated[Array, "W/chip"],
    mean_power_share: Annotated[Array, "1"],
    power_usage_effectiveness: Annotated[Array, "1"],
    electricity_price: Annotated[Array, "USD/J"],
) -> Annotated[Array, "USD/s/chip"]:
    """Price of what one accelerator, its server and the facility around it draw."""
    return server_power_per_accelerator * mean_power_share * power_usage_effectiveness * electricity_price


@performance_function(
    formula="capital_cost_per_accelerator_hour + electricity_cost_per_accelerator_hour",
    citation=CAPITAL_RECOVERY,
    increasing=("capital_cost_per_accelerator_hour", "electricity_cost_per_accelerator_hour"),
    examples=(
        Example(
            {
                "capital_cost_per_accelerator_hour": 1.50468 / _HOUR,
                "electricity_cost_per_accelerator_hour": 0.08568 / _HOUR,
            },
            1.59036 / _HOUR,
            1e-12,
            "by hand: 1.50468 + 0.08568 USD/h",
        ),
    ),
)
def owned_cost_per_accelerator_hour(
    capital_cost_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    electricity_cost_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
) -> Annotated[Array, "USD/s/chip"]:
    """Cost of one accelerator to its owner for the time that it is rented out."""
    return capital_cost_per_accelerator_hour + electricity_cost_per_accelerator_hour


@performance_function(
    formula="price_per_accelerator_hour / owned_cost_per_accelerator_hour",
    citation=DEFINITION,
    assumes=("the list price is paid for every hour sold",),
    increasing=("price_per_accelerator_hour",),
    decreasing=("owned_cost_per_accelerator_hour",),
    examples=(
        Example(
            {"price_per_accelerator_hour": 7.91 / _HOUR, "owned_cost_per_accelerator_hour": 2.26 / _HOUR},
            3.5,
            1e-12,
            "by hand: 7.91 / 2.26",
        ),
    ),
)
def markup_over_owned_cost(
    price_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    owned_cost_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
) -> Annotated[Array, "1"]:
    """On-demand price of an accelerator over its computed cost to the owner."""
    return price_per_accelerator_hour / owned_cost_per_accelerator_hour


@performance_function(
    formula="price_per_accelerator_hour / owning_cost_hyperscaler",
    citation=DEFINITION,
    assumes=("the provider pays what the analyst publishes for the largest clouds",),
    increasing=("price_per_accelerator_hour",),
    decreasing=("owning_cost_hyperscaler",),
    examples=(
        Example(
            {"price_per_accelerator_hour": 7.91 / _HOUR, "owning_cost_hyperscaler": 1.41 / _HOUR},
            5.60993,
            1e-5,
            "by hand: 7.91 / 1.41",
        ),
    ),
)
def markup_over_hyperscaler_cost(
    price_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    owning_cost_hyperscaler: Annotated[Array, "USD/s/chip"],
) -> Annotated[Array, "1"]:
    """On-demand price of an accelerator over the owning cost that is published for the largest clouds."""
    return price_per_accelerator_hour / owning_cost_hyperscaler


@performance_function(
    formula="owned_cost_per_accelerator_hour * accelerators_per_replica / throughput_tokens_per_second",
    citation=INFERENCEX_COST,
    assumes=(_FULL, "the whole cost is put on output tokens; prompts are not charged separately"),
    increasing=("owned_cost_per_accelerator_hour", "accelerators_per_replica"),
    decreasing=("throughput_tokens_per_second",),
    examples=(
        Example(
            {
                "owned_cost_per_accelerator_hour": 1.8 / _HOUR,
                "accelerators_per_replica": 8.0,
                "throughput_tokens_per_second": 4000.0,
            },
            1e-6,
            1e-12,
            "by hand: 14.4 USD/h and 4000 tokens/s are one USD a million tokens",
        ),
    ),
)
def cost_per_million_output_tokens_owned(
    owned_cost_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    throughput_tokens_per_second: Annotated[Array, "token/s"],
) -> Annotated[Array, "USD/token"]:
    """Cost of the instance to its owner for each output token, shown for a million of them."""
    return owned_cost_per_accelerator_hour * accelerators_per_replica / throughput_tokens_per_second


@performance_function(
    formula="owning_cost_hyperscaler * accelerators_per_replica / throughput_tokens_per_second",
    citation=INFERENCEX_COST,
    assumes=(_FULL, "the whole cost is put on output tokens; prompts are not charged separately"),
    increasing=("owning_cost_hyperscaler", "accelerators_per_replica"),
    decreasing=("throughput_tokens_per_second",),
    examples=(
        Example(
            {
                "owning_cost_hyperscaler": 1.41 / _HOUR,
                "accelerators_per_replica": 1.0,
                "throughput_tokens_per_second": 2000.0,
            },
            0.195833e-6,
            1e-5,
            "by hand: 1.41 USD/h and 2000 tokens/s",
        ),
    ),
)
def cost_per_million_output_tokens_hyperscaler(
    owning_cost_hyperscaler: Annotated[Array, "USD/s/chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    throughput_tokens_per_second: Annotated[Array, "token/s"],
) -> Annotated[Array, "USD/token"]:
    """Cost of the instance for each output token at the owning cost that is published for the largest clouds."""
    return owning_cost_hyperscaler * accelerators_per_replica / throughput_tokens_per_second
