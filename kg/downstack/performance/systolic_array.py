r"""How well a systolic array is used: data has to flow in and out of it once for each tile.

With the outputs held in place, a tile takes as long as its sums are long, and the time to fill and drain the array.

.. math::

    c = (2R + C + K - 2)\,\lceil M / R \rceil \lceil N / C \rceil \qquad \eta = M N K / (c R C)
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.declare import Array, Constant, Example, performance_function

_SCALE_SIM = "Samajdar et al.: SCALE-Sim, ISPASS 2020, analytical model of the output-stationary dataflow"
_TURN = Constant(2.0, "1", "the first and the last cycle of filling and draining overlap with the sums")
_TWICE = Constant(2.0, "1", "rows are skewed on the way in and drained on the way out")
_GEMM = {"gemm_rows": 512.0, "gemm_columns": 512.0, "gemm_depth": 1024.0}
_ARRAY = {"systolic_array_rows": 128.0, "systolic_array_columns": 128.0}


@performance_function(
    formula="(twice * systolic_array_rows + systolic_array_columns + gemm_depth - turn)"
    " * ceil(gemm_rows / systolic_array_rows) * ceil(gemm_columns / systolic_array_columns)",
    citation=_SCALE_SIM,
    constants={"twice": _TWICE, "turn": _TURN},
    assumes=("one array, output-stationary; memory keeps up",),
    increasing=("gemm_rows", "gemm_columns", "gemm_depth"),
    examples=(Example({**_GEMM, **_ARRAY}, 22496.0, 1e-12, "by hand: (256 + 128 + 1024 - 2) * 4 * 4"),),
)
def systolic_cycles(
    gemm_rows: Annotated[Array, "1"],
    gemm_columns: Annotated[Array, "1"],
    gemm_depth: Annotated[Array, "1"],
    systolic_array_rows: Annotated[Array, "1"],
    systolic_array_columns: Annotated[Array, "1"],
    *,
    twice: float,
    turn: float,
) -> Annotated[Array, "1"]:
    """Clock cycles that one systolic array takes for the multiplication."""
    tiles = np.ceil(gemm_rows / systolic_array_rows) * np.ceil(gemm_columns / systolic_array_columns)
    cycles: Array = (twice * systolic_array_rows + systolic_array_columns + gemm_depth - turn) * tiles
    return cycles


@performance_function(
    formula="gemm_rows * gemm_columns * gemm_depth / (systolic_cycles * systolic_array_rows * systolic_array_columns)",
    citation=_SCALE_SIM,
    increasing=("gemm_rows", "gemm_columns", "gemm_depth"),
    decreasing=("systolic_cycles", "systolic_array_rows", "systolic_array_columns"),
    examples=(Example({**_GEMM, **_ARRAY, "systolic_cycles": 22496.0}, 0.7283, 1e-4, "by hand"),),
)
def systolic_utilization(
    gemm_rows: Annotated[Array, "1"],
    gemm_columns: Annotated[Array, "1"],
    gemm_depth: Annotated[Array, "1"],
    systolic_cycles: Annotated[Array, "1"],
    systolic_array_rows: Annotated[Array, "1"],
    systolic_array_columns: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Share of the multipliers' time that the multiplication uses."""
    return gemm_rows * gemm_columns * gemm_depth / (systolic_cycles * systolic_array_rows * systolic_array_columns)
