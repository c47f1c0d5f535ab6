r"""What one request costs at the list price of a provider's interface.

.. math::

    c = S_{in}\,\left((1 - h)\,p_{in} + h\,p_{cached}\right) + S_{out}\,p_{out}
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import DEFINITION
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_WHOLE = Constant(1.0, "1", "what is not found in the cache is paid in full")


@performance_function(
    formula="input_tokens * ((whole - h) * api_price_input + h * api_price_cached_input)"
    " + output_tokens * api_price_output, h = prefix_cache_hit_rate",
    citation=DEFINITION,
    constants={"whole": _WHOLE},
    validity=(Validity("prefix_cache_hit_rate", 0.0, 1.0, "a share of the prompt"),),
    optional=("prefix_cache_hit_rate", "api_price_cached_input"),
    assumes=(
        "the provider counts tokens as the workload's own tokenizer does",
        "the provider finds in its cache what the workload repeats; writing to the cache is not paid for",
        "a workload without a stated prefix cache hit rate, or a provider without a price for cached input, pays in full",
    ),
    increasing=("input_tokens", "output_tokens", "api_price_input", "api_price_output"),
    examples=(
        Example(
            {
                "input_tokens": 80000.0,
                "prefix_cache_hit_rate": 0.9,
                "api_price_input": 3e-6,
                "api_price_cached_input": 0.3e-6,
                "output_tokens": 900.0,
                "api_price_output": 15e-6,
            },
            0.0591,
            1e-12,
            "by hand: 8000 at 3, 72000 at 0.3 and 900 at 15 USD a million tokens: 0.024 + 0.0216 + 0.0135",
        ),
    ),
)
def request_api_price(
    input_tokens: Annotated[Array, "token/sequence"],
    api_price_input: Annotated[Array, "USD/token"],
    output_tokens: Annotated[Array, "token/sequence"],
    api_price_output: Annotated[Array, "USD/token"],
    prefix_cache_hit_rate: Annotated[Array, "1"],
    api_price_cached_input: Annotated[Array, "USD/token"],
    *,
    whole: float,
) -> Annotated[Array, "USD/sequence"]:
    """List price of one request, prompt and answer, at the provider's interface."""
    cached = np.where(np.isnan(prefix_cache_hit_rate + api_price_cached_input), 0.0, prefix_cache_hit_rate)
    reused = np.where(np.isnan(api_price_cached_input), 0.0, api_price_cached_input)
    blended: Array = (whole - cached) * api_price_input + cached * reused
    return input_tokens * blended + output_tokens * api_price_output
