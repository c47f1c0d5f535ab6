r"""What a session of an agent costs, and what is left of a subscription.

.. math::

    c = T_{new}\,p_{in} + (T_{in} - T_{new})\,p_{cached} + T_{out}\,p_{out} \qquad
    c_0 = T_{in}\,p_{in} + T_{out}\,p_{out} \qquad m = 1 - \nu\,c / p

with :math:`\nu` sessions of a subscriber in a month who pays `p`.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import DEFINITION, OPEN_INFRA_INDEX
from downstack.performance.declare import Array, Constant, Example, performance_function

_MILLION = 1e-6
_MONTH = 365.25 / 12.0 * 86400.0
_ALL = Constant(1.0, "1", "all that the subscriber pays")
_LIST = "list price: no discount for volume, and writing a cache is not charged"
_CODEX = {
    "session_input_tokens": 1579776.0,
    "session_output_tokens": 29700.0,
    "api_price_input": 2.0 * _MILLION,
    "api_price_output": 10.0 * _MILLION,
}
_HAND = "33 turns from 12,000 tokens, 2,242 more a turn, 2 USD, 0.2 USD cached and 10 USD a million tokens, by hand"


@performance_function(
    formula="session_new_input_tokens * api_price_input"
    " + (session_input_tokens - session_new_input_tokens) * api_price_cached_input"
    " + session_output_tokens * api_price_output",
    citation=OPEN_INFRA_INDEX,
    assumes=(_LIST, "the provider's cache keeps the session between its turns"),
    increasing=(
        "session_input_tokens",
        "session_output_tokens",
        "api_price_input",
        "api_price_cached_input",
        "api_price_output",
    ),
    examples=(
        Example(
            {**_CODEX, "session_new_input_tokens": 83744.0, "api_price_cached_input": 0.2 * _MILLION},
            0.7636944,
            1e-9,
            _HAND,
        ),
    ),
)
def session_api_cost(
    session_new_input_tokens: Annotated[Array, "token/sequence"],
    session_input_tokens: Annotated[Array, "token/sequence"],
    session_output_tokens: Annotated[Array, "token/sequence"],
    api_price_input: Annotated[Array, "USD/token"],
    api_price_cached_input: Annotated[Array, "USD/token"],
    api_price_output: Annotated[Array, "USD/token"],
) -> Annotated[Array, "USD/sequence"]:
    """Price of a session at the list price of a hosted model, cached tokens at their own price."""
    cached = session_input_tokens - session_new_input_tokens
    new = session_new_input_tokens * api_price_input
    return new + cached * api_price_cached_input + session_output_tokens * api_price_output


@performance_function(
    formula="session_input_tokens * api_price_input + session_output_tokens * api_price_output",
    citation=DEFINITION,
    assumes=(_LIST,),
    increasing=("session_input_tokens", "session_output_tokens", "api_price_input", "api_price_output"),
    examples=(Example(_CODEX, 3.456552, 1e-9, _HAND),),
)
def session_api_cost_without_cache(
    session_input_tokens: Annotated[Array, "token/sequence"],
    session_output_tokens: Annotated[Array, "token/sequence"],
    api_price_input: Annotated[Array, "USD/token"],
    api_price_output: Annotated[Array, "USD/token"],
) -> Annotated[Array, "USD/sequence"]:
    """Price of a session at the list price of a hosted model when every input token is charged in full."""
    return session_input_tokens * api_price_input + session_output_tokens * api_price_output


@performance_function(
    formula="cost_per_million_output_tokens * session_output_tokens",
    citation=DEFINITION,
    assumes=("the instance is rented and full all the time",),
    increasing=("cost_per_million_output_tokens", "session_output_tokens"),
    examples=(
        Example(
            {"cost_per_million_output_tokens": 30.0 * _MILLION, "session_output_tokens": 30000.0},
            0.9,
            1e-12,
            "by hand: 30 USD a million tokens",
        ),
    ),
)
def session_rented_cost(
    cost_per_million_output_tokens: Annotated[Array, "USD/token"],
    session_output_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "USD/sequence"]:
    """Price of a session on a rented instance; reading its prompts is in the price of its output."""
    return cost_per_million_output_tokens * session_output_tokens


@performance_function(
    formula="sessions_per_subscriber * session_api_cost",
    citation=DEFINITION,
    assumes=("the application buys its tokens at list price, and pays for nothing else",),
    increasing=("sessions_per_subscriber", "session_api_cost"),
    examples=(
        Example(
            {"sessions_per_subscriber": 20.0 / _MONTH, "session_api_cost": 0.75},
            15.0 / _MONTH,
            1e-12,
            "by hand: 20 sessions a month of 0.75 USD",
        ),
    ),
)
def subscription_cost(
    sessions_per_subscriber: Annotated[Array, "sequence/s"],
    session_api_cost: Annotated[Array, "USD/sequence"],
) -> Annotated[Array, "USD/s"]:
    """Price of the tokens of one subscriber for the time of the subscription."""
    return sessions_per_subscriber * session_api_cost


@performance_function(
    formula="all_of_it - subscription_cost / subscription_price",
    citation=DEFINITION,
    constants={"all_of_it": _ALL},
    assumes=("over revenue; staff, payment and free users are not in it",),
    increasing=("subscription_price",),
    decreasing=("subscription_cost",),
    examples=(
        Example(
            {"subscription_cost": 15.0 / _MONTH, "subscription_price": 20.0 / _MONTH},
            0.25,
            1e-12,
            "by hand: 1 - 15 / 20",
        ),
    ),
)
def subscription_margin(
    subscription_cost: Annotated[Array, "USD/s"],
    subscription_price: Annotated[Array, "USD/s"],
    *,
    all_of_it: float,
) -> Annotated[Array, "1"]:
    """What is left of a subscription after its tokens, over the subscription."""
    return all_of_it - subscription_cost / subscription_price


@performance_function(
    formula="subscription_price / session_api_cost",
    citation=DEFINITION,
    increasing=("subscription_price",),
    decreasing=("session_api_cost",),
    examples=(
        Example(
            {"subscription_price": 20.0 / _MONTH, "session_api_cost": 0.8}, 25.0 / _MONTH, 1e-12, "by hand: 20 / 0.8"
        ),
    ),
)
def sessions_at_break_even(
    subscription_price: Annotated[Array, "USD/s"],
    session_api_cost: Annotated[Array, "USD/sequence"],
) -> Annotated[Array, "sequence/s"]:
    """Sessions of a subscriber whose tokens cost as much as the subscription."""
    return subscription_price / session_api_cost


@performance_function(
    formula="cost_per_developer_day / session_api_cost",
    citation=DEFINITION,
    assumes=("all that a developer costs in a day is tokens of such sessions",),
    increasing=("cost_per_developer_day",),
    decreasing=("session_api_cost",),
    examples=(Example({"cost_per_developer_day": 13.0, "session_api_cost": 0.65}, 20.0, 1e-12, "by hand: 13 / 0.65"),),
)
def sessions_per_developer_day(
    cost_per_developer_day: Annotated[Array, "USD"],
    session_api_cost: Annotated[Array, "USD/sequence"],
) -> Annotated[Array, "sequence"]:
    """Sessions that the published cost of a developer's active day pays for."""
    return cost_per_developer_day / session_api_cost
