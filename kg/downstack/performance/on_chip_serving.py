r"""Machines that keep the whole model in on-chip memory: how many chips, and how fast at best.

Without a memory beside the chip the weights have to fit into SRAM. A token passes the chips one after another, each
reading what it holds, so more chips hold a larger model but do not read it faster for one sequence.

.. math::

    n = \lceil W / C_{SRAM} \rceil \qquad t \ge W / B_{SRAM}
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import ROOFLINE
from downstack.performance.declare import Array, Constant, Example, performance_function

_CHIP = Constant(1.0, "chip", "chips are whole, and one of them works on a token at a time")


@performance_function(
    formula="ceil(weight_bytes / (on_chip_memory_capacity * one_chip)) * one_chip",
    citation=ROOFLINE,
    constants={"one_chip": _CHIP},
    assumes=("weights only: caches, activations and the program take further chips",),
    increasing=("weight_bytes",),
    decreasing=("on_chip_memory_capacity",),
    examples=(
        Example(
            {"weight_bytes": 140e9, "on_chip_memory_capacity": 44e9},
            4.0,
            1e-12,
            "Cerebras, August 2024: 70B in 16 bit on as few as four wafers of 44 GB",
        ),
        Example(
            {"weight_bytes": 70e9, "on_chip_memory_capacity": 230e6},
            305.0,
            1e-12,
            "by hand: 70 GB over 230 MB is 304.3",
        ),
    ),
)
def on_chip_accelerators(
    weight_bytes: Annotated[Array, "byte"],
    on_chip_memory_capacity: Annotated[Array, "byte/chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "chip"]:
    """Chips whose on-chip memory together holds the weights."""
    return np.ceil(weight_bytes / (on_chip_memory_capacity * one_chip)) * one_chip


@performance_function(
    formula="weight_bytes / (on_chip_memory_bandwidth * one_chip)",
    citation=ROOFLINE,
    constants={"one_chip": _CHIP},
    assumes=(
        "a lower bound for a dense model: the latency of wires, of layers and between chips is left out, and decides where"
        " the bound is far below a millisecond",
        "chips work on a token one after another; splitting a layer over chips reads faster",
    ),
    increasing=("weight_bytes",),
    decreasing=("on_chip_memory_bandwidth",),
    examples=(
        Example(
            {"weight_bytes": 140e9, "on_chip_memory_bandwidth": 80e12},
            1.75e-3,
            1e-12,
            "by hand: 70B in 16 bit at 80 TB/s; Groq shows 300 tokens a second, 3.3 ms",
        ),
    ),
    applies_to={"model": "DenseModel"},
)
def on_chip_weight_read_time(
    weight_bytes: Annotated[Array, "byte"],
    on_chip_memory_bandwidth: Annotated[Array, "byte/s/chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds in which chips read all weights from their own memory, one chip after another."""
    return weight_bytes / (on_chip_memory_bandwidth * one_chip)
