r"""How fast stacked memory is, from its pins.

A chip reads all its stacks at once; a stack has so many data pins, each with the same rate.

.. math::

    W = N_{stacks} \cdot \mathrm{pins} \cdot r_{pin}
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import HBM3
from downstack.performance.declare import Array, Example, performance_function


@performance_function(
    formula="hbm_stacks * interface_width * data_rate_per_pin",
    citation=HBM3,
    assumes=("all stacks run at the same rate", "theoretical peak: refresh and turnaround are left out"),
    increasing=("hbm_stacks", "interface_width", "data_rate_per_pin"),
    examples=(
        Example(
            {"hbm_stacks": 1.0, "interface_width": 1024.0, "data_rate_per_pin": 6.4e9 / 8.0},
            819e9,
            0.001,
            "JEDEC JESD238: 6.4 Gb/s a pin is 819 GB/s for one HBM3 device",
        ),
        Example(
            {"hbm_stacks": 6.0, "interface_width": 1024.0, "data_rate_per_pin": 6.25e9 / 8.0},
            4.8e12,
            1e-12,
            "H200 SXM datasheet: 4.8 TB/s",
        ),
    ),
)
def memory_bandwidth(
    hbm_stacks: Annotated[Array, "1/chip"],
    interface_width: Annotated[Array, "1"],
    data_rate_per_pin: Annotated[Array, "byte/s"],
) -> Annotated[Array, "byte/s/chip"]:
    """Peak rate at which one chip reads its stacked memory."""
    return hbm_stacks * interface_width * data_rate_per_pin
