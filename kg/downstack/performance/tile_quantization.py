r"""How full the cores of a chip are when a matrix multiplication is cut into tiles.

Each core computes whole tiles of the output, and all cores wait for the last wave: one row more than a wave holds may
cost a whole wave.

.. math::

    n = \lceil M / t_m \rceil \lceil N / t_n \rceil \qquad \eta = n / (\lceil n / c \rceil\, c)
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.declare import Array, Constant, Example, performance_function

_GUIDE = "NVIDIA: Matrix Multiplication Background User's Guide, DU-09799, tile and wave quantization"
_TILE_ROWS = Constant(256.0, "1", f"{_GUIDE}: the largest tile is 256 x 128")
_TILE_COLUMNS = Constant(128.0, "1", f"{_GUIDE}: the largest tile is 256 x 128")


@performance_function(
    formula="ceil(gemm_rows / tile_rows) * ceil(gemm_columns / tile_columns)",
    citation=_GUIDE,
    constants={"tile_rows": _TILE_ROWS, "tile_columns": _TILE_COLUMNS},
    assumes=("the library takes its largest tile, as it does for large matrices",),
    increasing=("gemm_rows", "gemm_columns"),
    examples=(
        Example({"gemm_rows": 1792.0, "gemm_columns": 1792.0}, 98.0, 1e-12, f"{_GUIDE}: 7 x 14 tiles"),
        Example({"gemm_rows": 1793.0, "gemm_columns": 1793.0}, 120.0, 1e-12, f"{_GUIDE}: 8 x 15 tiles"),
    ),
)
def gemm_tiles(
    gemm_rows: Annotated[Array, "1"],
    gemm_columns: Annotated[Array, "1"],
    *,
    tile_rows: float,
    tile_columns: float,
) -> Annotated[Array, "1"]:
    """Tiles that the output of the multiplication is cut into."""
    return np.ceil(gemm_rows / tile_rows) * np.ceil(gemm_columns / tile_columns)


@performance_function(
    formula="gemm_tiles / (ceil(gemm_tiles / core_count) * core_count)",
    citation=_GUIDE,
    assumes=("one tile at a time on each core",),
    examples=(
        Example({"gemm_tiles": 98.0, "core_count": 108.0}, 0.9074, 1e-4, "A100: one wave, 98 of 108 cores"),
        Example({"gemm_tiles": 120.0, "core_count": 108.0}, 0.5556, 1e-4, "A100: two waves, 120 of 216 places"),
    ),
)
def wave_efficiency(gemm_tiles: Annotated[Array, "1"], core_count: Annotated[Array, "1"]) -> Annotated[Array, "1"]:
    """Share of the cores' time that the waves of the multiplication use."""
    return gemm_tiles / (np.ceil(gemm_tiles / core_count) * core_count)
