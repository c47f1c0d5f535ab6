r"""What a million output tokens cost on a rented instance that is always full.

.. math::

    p = p_{instance} / n \qquad c = p\,n / X

with `n` chips, price of the instance and throughput `X` of the whole instance in output tokens.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import DEFINITION
from downstack.performance.declare import Array, Example, performance_function


@performance_function(
    formula="price_on_demand / accelerators_per_instance",
    citation=DEFINITION,
    assumes=("processors, memory and disks of the instance are in the price of its accelerators",),
    increasing=("price_on_demand",),
    decreasing=("accelerators_per_instance",),
    examples=(
        Example(
            {"price_on_demand": 63.28 / 3600.0, "accelerators_per_instance": 8.0},
            7.91 / 3600.0,
            1e-12,
            "by hand: 63.28 USD/h for eight chips is 7.91 USD/h for one",
        ),
    ),
)
def price_per_accelerator_hour(
    price_on_demand: Annotated[Array, "USD/s"],
    accelerators_per_instance: Annotated[Array, "chip"],
) -> Annotated[Array, "USD/s/chip"]:
    """On-demand price of the instance for each of its chips."""
    return price_on_demand / accelerators_per_instance


@performance_function(
    formula="price_per_accelerator_hour * accelerators_per_replica / throughput_tokens_per_second",
    citation="InferenceX (SemiAnalysis): cost of a million tokens = chip price / (tokens per second and chip)",
    assumes=(
        "the instance is rented and full all the time",
        "the whole price is put on output tokens; prompts are not charged separately",
    ),
    increasing=("price_per_accelerator_hour", "accelerators_per_replica"),
    decreasing=("throughput_tokens_per_second",),
    examples=(
        Example(
            {
                "price_per_accelerator_hour": 1.74 / 3600.0,
                "accelerators_per_replica": 1.0,
                "throughput_tokens_per_second": 2000.0,
            },
            0.2417e-6,
            0.0005,
            "by hand with InferenceX's rule: 1.74 USD/h and 2000 tokens/s are 0.2417 USD a million tokens",
        ),
    ),
)
def cost_per_million_output_tokens(
    price_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    throughput_tokens_per_second: Annotated[Array, "token/s"],
) -> Annotated[Array, "USD/token"]:
    """Price of the instance for each output token, shown for a million of them."""
    return price_per_accelerator_hour * accelerators_per_replica / throughput_tokens_per_second
