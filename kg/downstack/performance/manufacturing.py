r"""How long an order takes from the first wafer to the last packaged accelerator.

.. math::

    t = t_{line} + \frac{n}{r} + t_{packaging}

:math:`t_{line}` time of one wafer in the line, `n` wafers of the order, `r` wafers that are started for it in a period.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import CHIP_SUPPLY
from downstack.performance.declare import Array, Example, performance_function


@performance_function(
    formula="process_latency + ordered_wafers / wafer_starts_for_order + packaging_and_test_time",
    citation=CHIP_SUPPLY,
    assumes=("the line runs at one rate, and no order waits for another",),
    increasing=("process_latency", "ordered_wafers", "packaging_and_test_time"),
    decreasing=("wafer_starts_for_order",),
    examples=(
        Example(
            {
                "process_latency": 20.0 * 604800.0,
                "ordered_wafers": 10000.0,
                "wafer_starts_for_order": 1000.0 / 604800.0,
                "packaging_and_test_time": 6.0 * 604800.0,
            },
            36.0 * 604800.0,
            1e-12,
            "by hand: 20 weeks in the line, 10 weeks of starts, 6 weeks of packaging and tests",
        ),
    ),
)
def manufacturing_time(
    process_latency: Annotated[Array, "s"],
    ordered_wafers: Annotated[Array, "1"],
    wafer_starts_for_order: Annotated[Array, "1/s"],
    packaging_and_test_time: Annotated[Array, "s"],
) -> Annotated[Array, "s"]:
    """Time from the order to the last packaged accelerator."""
    return process_latency + ordered_wafers / wafer_starts_for_order + packaging_and_test_time
