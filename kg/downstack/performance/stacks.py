r"""How much memory stands beside a chip, and how fast it is when it does not stand in stacks.

.. math::

    C_{stack} = n_{dies}\,C_{die} \qquad C = N_{stacks}\,C_{stack} \qquad W_{planar} = \mathrm{pins} \cdot r_{pin}

Memory chips that lie beside a processor on the board (GDDR) have one bus for all of them; the bandwidth of stacks is in
:mod:`downstack.performance.hbm`.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import HBM3
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_CHIP = Constant(1.0, "chip", "the bus of one accelerator")


@performance_function(
    formula="stack_height_max * memory_die_capacity",
    citation=HBM3,
    assumes=("the highest stack that the standard allows; products often stay below it",),
    increasing=("stack_height_max", "memory_die_capacity"),
    examples=(
        Example({"stack_height_max": 12.0, "memory_die_capacity": 2.0**31}, 24.0 * 2.0**30, 1e-12, "HBM3: 12 x 2 GiB"),
    ),
)
def stack_capacity_from_dies(
    stack_height_max: Annotated[Array, "1"], memory_die_capacity: Annotated[Array, "byte"]
) -> Annotated[Array, "byte"]:
    """Capacity of the highest stack of a memory technology."""
    return stack_height_max * memory_die_capacity


@performance_function(
    formula="hbm_stacks * stack_capacity_from_dies",
    citation=HBM3,
    assumes=("an upper bound: the highest stacks, and no part of them held back",),
    increasing=("hbm_stacks", "stack_capacity_from_dies"),
    examples=(
        Example(
            {"hbm_stacks": 6.0, "stack_capacity_from_dies": 24e9},
            144e9,
            1e-12,
            "Micron HBM3E: 6 x 24 GB are 144 GB, of which the H200 uses 141",
        ),
    ),
)
def stacked_memory_capacity_limit(
    hbm_stacks: Annotated[Array, "1/chip"], stack_capacity_from_dies: Annotated[Array, "byte"]
) -> Annotated[Array, "byte/chip"]:
    """Memory that the stacks of one accelerator could hold with the highest stacks of their technology."""
    return hbm_stacks * stack_capacity_from_dies


@performance_function(
    formula="memory_bus_width * data_rate_per_pin",
    citation="JEDEC JESD239: Graphics Double Data Rate 7 (GDDR7) SGRAM, 2024",
    constants={"one_chip": _ONE_CHIP},
    assumes=("theoretical peak: refresh and turnaround are left out", "the memory runs at the rate of its technology"),
    increasing=("memory_bus_width", "data_rate_per_pin"),
    examples=(
        Example(
            {"memory_bus_width": 512.0, "data_rate_per_pin": 28e9 / 8.0},
            1.79e12,
            0.002,
            "TechRadar: 28 Gbit/s on the 512 bits of an RTX 5090 are 1.79 TB/s",
        ),
    ),
)
def planar_memory_bandwidth(
    memory_bus_width: Annotated[Array, "1"], data_rate_per_pin: Annotated[Array, "byte/s"], *, one_chip: float
) -> Annotated[Array, "byte/s/chip"]:
    """Peak rate at which one chip reads the memory that lies beside it."""
    return memory_bus_width * data_rate_per_pin / one_chip
