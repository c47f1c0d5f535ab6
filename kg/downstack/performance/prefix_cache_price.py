r"""What an input token costs when a part of the prompts was seen before.

.. math::

    p = h\,p_{cached} + (1 - h)\,p_{in}
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_WHOLE = Constant(1.0, "1", "what is not found in the cache is computed and paid in full")
_DAY_6 = "DeepSeek: Open-Source Week, Day 6, One More Thing: DeepSeek-V3/R1 Inference System Overview, 2025"


@performance_function(
    formula="prefix_cache_hit_rate * api_price_cached_input + (whole - prefix_cache_hit_rate) * api_price_input",
    citation=_DAY_6,
    constants={"whole": _WHOLE},
    validity=(Validity("prefix_cache_hit_rate", 0.0, 1.0, "a share of the prompt"),),
    assumes=("the provider finds in its cache what the workload repeats; writing to the cache is not paid for",),
    increasing=("api_price_cached_input", "api_price_input"),
    examples=(
        Example(
            {
                "prefix_cache_hit_rate": 342.0 / 608.0,
                "api_price_cached_input": 0.14e-6,
                "api_price_input": 0.55e-6,
            },
            (342.0 * 0.14 + 266.0 * 0.55) / 608.0 * 1e-6,
            1e-12,
            f"{_DAY_6}: 342 of 608 billion input tokens from the cache",
        ),
    ),
)
def blended_input_price(
    prefix_cache_hit_rate: Annotated[Array, "1"],
    api_price_cached_input: Annotated[Array, "USD/token"],
    api_price_input: Annotated[Array, "USD/token"],
    *,
    whole: float,
) -> Annotated[Array, "USD/token"]:
    """Price of an input token on average over what the cache has and what it lacks."""
    return prefix_cache_hit_rate * api_price_cached_input + (whole - prefix_cache_hit_rate) * api_price_input
