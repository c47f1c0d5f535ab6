r"""What one request costs on a rented instance that carries the reference load, and what the money is spent on.

.. math::

    c = p\,A \qquad c_i = p\,A_i

with the price `p` of a chip and the chip time `A` of :mod:`downstack.performance.request_occupation`; the four parts sum to
the whole. What the same request costs through an interface is the price list of its provider.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import DEFINITION
from downstack.performance.declare import Array, Example, performance_function

_RENTED = "the instance is rented for as long as it carries the load; idle time is not paid for here"


@performance_function(
    formula="price_per_accelerator_hour * request_accelerator_time",
    citation=DEFINITION,
    assumes=(_RENTED,),
    increasing=("price_per_accelerator_hour", "request_accelerator_time"),
    examples=(
        Example(
            {"price_per_accelerator_hour": 7.2 / 3600.0, "request_accelerator_time": 2.4},
            2.4 * 7.2 / 3600.0,
            1e-12,
            "by hand: 2.4 chip seconds at 7.2 USD/h",
        ),
    ),
)
def request_cost(
    price_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    request_accelerator_time: Annotated[Array, "s*chip/sequence"],
) -> Annotated[Array, "USD/sequence"]:
    """Price of the chips that one request takes up, prompt and answer."""
    return price_per_accelerator_hour * request_accelerator_time


@performance_function(
    formula="price_per_accelerator_hour * request_processor_accelerator_time",
    citation=DEFINITION,
    assumes=(_RENTED,),
    increasing=("price_per_accelerator_hour", "request_processor_accelerator_time"),
    examples=(
        Example(
            {"price_per_accelerator_hour": 7.2 / 3600.0, "request_processor_accelerator_time": 0.48},
            0.48 * 7.2 / 3600.0,
            1e-12,
            "by hand: 0.48 chip seconds at 7.2 USD/h",
        ),
    ),
)
def request_processor_cost(
    price_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    request_processor_accelerator_time: Annotated[Array, "s*chip/sequence"],
) -> Annotated[Array, "USD/sequence"]:
    """Price of the chips of one request while arithmetic holds it up."""
    return price_per_accelerator_hour * request_processor_accelerator_time


@performance_function(
    formula="price_per_accelerator_hour * request_memory_accelerator_time",
    citation=DEFINITION,
    assumes=(_RENTED,),
    increasing=("price_per_accelerator_hour", "request_memory_accelerator_time"),
    examples=(
        Example(
            {"price_per_accelerator_hour": 7.2 / 3600.0, "request_memory_accelerator_time": 0.48},
            0.48 * 7.2 / 3600.0,
            1e-12,
            "by hand: 0.48 chip seconds at 7.2 USD/h",
        ),
    ),
)
def request_memory_cost(
    price_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    request_memory_accelerator_time: Annotated[Array, "s*chip/sequence"],
) -> Annotated[Array, "USD/sequence"]:
    """Price of the chips of one request while reading weights and caches holds it up."""
    return price_per_accelerator_hour * request_memory_accelerator_time


@performance_function(
    formula="price_per_accelerator_hour * request_interconnect_accelerator_time",
    citation=DEFINITION,
    assumes=(_RENTED,),
    increasing=("price_per_accelerator_hour", "request_interconnect_accelerator_time"),
    examples=(
        Example(
            {"price_per_accelerator_hour": 7.2 / 3600.0, "request_interconnect_accelerator_time": 0.48},
            0.48 * 7.2 / 3600.0,
            1e-12,
            "by hand: 0.48 chip seconds at 7.2 USD/h",
        ),
    ),
)
def request_interconnect_cost(
    price_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    request_interconnect_accelerator_time: Annotated[Array, "s*chip/sequence"],
) -> Annotated[Array, "USD/sequence"]:
    """Price of the chips of one request while exchanging activations holds it up."""
    return price_per_accelerator_hour * request_interconnect_accelerator_time


@performance_function(
    formula="price_per_accelerator_hour * request_framework_accelerator_time",
    citation=DEFINITION,
    assumes=(_RENTED,),
    increasing=("price_per_accelerator_hour", "request_framework_accelerator_time"),
    examples=(
        Example(
            {"price_per_accelerator_hour": 7.2 / 3600.0, "request_framework_accelerator_time": 0.48},
            0.48 * 7.2 / 3600.0,
            1e-12,
            "by hand: 0.48 chip seconds at 7.2 USD/h",
        ),
    ),
)
def request_framework_cost(
    price_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    request_framework_accelerator_time: Annotated[Array, "s*chip/sequence"],
) -> Annotated[Array, "USD/sequence"]:
    """Price of the chips of one request while starting kernels holds it up."""
    return price_per_accelerator_hour * request_framework_accelerator_time
