r"""What a request costs on a rented instance and at the list price of a hosted model, and which tokens are counted.

The same money divided by output tokens, by input tokens or by both gives three prices. A list price charges each kind of token
by itself, and tokens whose prefix is cached less.

.. math::

    X_{total} = X\,\frac{S_{in} + S_{out}}{S_{out}} \qquad
    p = h\,p_{cached} + (1 - h)\,p_{in} \qquad c = p\,S_{in} + p_{out}\,S_{out}

with throughput `X` in output tokens, `h` the share of the prompt found in the cache.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import DEFINITION, INFERENCEX_COST, LITTLE, OPEN_INFRA_INDEX
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_HOUR = 3600.0
_FULL = "the instance is rented and full all the time"
_MILLION = 1e-6
_UNKNOWN = float("nan")
_ONE = Constant(1.0, "1", "all of the prompt")


@performance_function(
    formula="throughput_tokens_per_second * (input_tokens + output_tokens) / output_tokens",
    citation=LITTLE,
    assumes=("cached tokens of a prompt count like new ones",),
    increasing=("throughput_tokens_per_second", "input_tokens"),
    decreasing=("output_tokens",),
    examples=(
        Example(
            {"throughput_tokens_per_second": 2000.0, "input_tokens": 8000.0, "output_tokens": 1000.0},
            18000.0,
            1e-12,
            "by hand: 2000 * 9000 / 1000",
        ),
    ),
)
def total_tokens_per_second(
    throughput_tokens_per_second: Annotated[Array, "token/s"],
    input_tokens: Annotated[Array, "token/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "token/s"]:
    """Tokens of prompts and replies that a full instance handles in a second."""
    return throughput_tokens_per_second * (input_tokens + output_tokens) / output_tokens


@performance_function(
    formula="price_per_accelerator_hour * accelerators_per_replica / total_tokens_per_second",
    citation=INFERENCEX_COST,
    assumes=(_FULL,),
    increasing=("price_per_accelerator_hour", "accelerators_per_replica"),
    decreasing=("total_tokens_per_second",),
    examples=(
        Example(
            {
                "price_per_accelerator_hour": 1.74 / _HOUR,
                "accelerators_per_replica": 1.0,
                "total_tokens_per_second": 2000.0,
            },
            0.2417 * _MILLION,
            0.0005,
            "by hand with InferenceX's rule: 1.74 USD/h and 2000 tokens/s are 0.2417 USD a million tokens",
        ),
    ),
)
def cost_per_million_total_tokens(
    price_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    total_tokens_per_second: Annotated[Array, "token/s"],
) -> Annotated[Array, "USD/token"]:
    """Price of the instance for each token of prompts and replies, shown for a million of them."""
    return price_per_accelerator_hour * accelerators_per_replica / total_tokens_per_second


@performance_function(
    formula="cost_per_million_output_tokens * output_tokens / input_tokens",
    citation=INFERENCEX_COST,
    assumes=(_FULL, "the whole price is put on input tokens: the same money that output tokens are charged with"),
    increasing=("cost_per_million_output_tokens", "output_tokens"),
    decreasing=("input_tokens",),
    examples=(
        Example(
            {"cost_per_million_output_tokens": 4.0 * _MILLION, "output_tokens": 1000.0, "input_tokens": 8000.0},
            0.5 * _MILLION,
            1e-12,
            "by hand: 4 USD * 1000 / 8000",
        ),
    ),
)
def cost_per_million_input_tokens(
    cost_per_million_output_tokens: Annotated[Array, "USD/token"],
    output_tokens: Annotated[Array, "token/sequence"],
    input_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "USD/token"]:
    """Price of the instance for each input token when input tokens pay for everything, shown for a million of them."""
    return cost_per_million_output_tokens * output_tokens / input_tokens


def _reused(prefix_cache_hit_rate: Array) -> Array:
    # A workload of which no cache is reported has none.
    return np.where(np.isnan(prefix_cache_hit_rate), 0.0, prefix_cache_hit_rate)


def _cached_price_is_known(
    api_price_input: Array, api_price_cached_input: Array, prefix_cache_hit_rate: Array, all_of_it: float
) -> Any:
    del api_price_input, all_of_it
    return (_reused(prefix_cache_hit_rate) == 0.0) | ~np.isnan(api_price_cached_input)


@performance_function(
    formula="h * api_price_cached_input + (1 - h) * api_price_input with h = prefix_cache_hit_rate, 0 where unknown",
    citation=OPEN_INFRA_INDEX,
    constants={"all_of_it": _ONE},
    validity=(Validity("prefix_cache_hit_rate", 0.0, 1.0, "a share of the prompt"),),
    feasible=_cached_price_is_known,
    infeasible_reason="part of the prompts is cached, and what cached tokens cost is not known",
    optional=("api_price_cached_input", "prefix_cache_hit_rate"),
    assumes=(
        "the provider's cache reuses what the workload's own cache was seen to reuse",
        "writing a cache is not charged",
        "a workload of which no reuse is reported has none",
    ),
    increasing=("api_price_input", "api_price_cached_input"),
    examples=(
        Example(
            {
                "api_price_input": 0.55 * _MILLION,
                "api_price_cached_input": 0.14 * _MILLION,
                "prefix_cache_hit_rate": 342.0 / 608.0,
            },
            0.319375 * _MILLION,
            1e-9,
            "DeepSeek, February 2025, by hand: 342 of 608 billion tokens at 0.14 USD, the others at 0.55 USD",
        ),
        Example(
            {
                "api_price_input": 3.0 * _MILLION,
                "api_price_cached_input": _UNKNOWN,
                "prefix_cache_hit_rate": _UNKNOWN,
            },
            3.0 * _MILLION,
            1e-12,
            "nothing is reused",
        ),
    ),
)
def blended_input_price(
    api_price_input: Annotated[Array, "USD/token"],
    api_price_cached_input: Annotated[Array, "USD/token"],
    prefix_cache_hit_rate: Annotated[Array, "1"],
    *,
    all_of_it: float,
) -> Annotated[Array, "USD/token"]:
    """List price of an input token, averaged over those that are cached and those that are new."""
    reused = _reused(prefix_cache_hit_rate)
    cached = np.where(reused == 0.0, 0.0 * api_price_input, reused * api_price_cached_input)
    return cached + (all_of_it - reused) * api_price_input


@performance_function(
    formula="blended_input_price * input_tokens + api_price_output * output_tokens",
    citation=DEFINITION,
    assumes=("list price: no discount for batches or volume",),
    increasing=("blended_input_price", "input_tokens", "api_price_output", "output_tokens"),
    examples=(
        Example(
            {
                "blended_input_price": 0.3 * _MILLION,
                "input_tokens": 10000.0,
                "api_price_output": 15.0 * _MILLION,
                "output_tokens": 400.0,
            },
            0.009,
            1e-12,
            "by hand: 0.003 + 0.006 USD",
        ),
    ),
)
def api_cost_per_request(
    blended_input_price: Annotated[Array, "USD/token"],
    input_tokens: Annotated[Array, "token/sequence"],
    api_price_output: Annotated[Array, "USD/token"],
    output_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "USD/sequence"]:
    """Price of one request at the list price of a hosted model."""
    return blended_input_price * input_tokens + api_price_output * output_tokens


@performance_function(
    formula="cost_per_million_output_tokens * output_tokens",
    citation=DEFINITION,
    assumes=(_FULL,),
    increasing=("cost_per_million_output_tokens", "output_tokens"),
    examples=(
        Example(
            {"cost_per_million_output_tokens": 4.0 * _MILLION, "output_tokens": 1000.0},
            0.004,
            1e-12,
            "by hand: 4 USD a million tokens",
        ),
    ),
)
def rented_cost_per_request(
    cost_per_million_output_tokens: Annotated[Array, "USD/token"],
    output_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "USD/sequence"]:
    """Price of the instance for one request; reading the prompt is in it, because it takes time from the others."""
    return cost_per_million_output_tokens * output_tokens


@performance_function(
    formula="rented_cost_per_request / api_cost_per_request",
    citation=DEFINITION,
    assumes=("staff, software and idle time of the rented instance are not counted",),
    increasing=("rented_cost_per_request",),
    decreasing=("api_cost_per_request",),
    examples=(
        Example({"rented_cost_per_request": 0.004, "api_cost_per_request": 0.01}, 0.4, 1e-12, "by hand: 0.004 / 0.01"),
    ),
)
def rented_to_api_cost(
    rented_cost_per_request: Annotated[Array, "USD/sequence"],
    api_cost_per_request: Annotated[Array, "USD/sequence"],
) -> Annotated[Array, "1"]:
    """Cost of a request on a rented instance over its cost at the list price of the hosted model."""
    return rented_cost_per_request / api_cost_per_request
