r"""What a training pipeline loses while it fills and drains.

With `m` micro-batches the `p` stages stand idle for the time of `p - 1` of them; `v` smaller chunks of layers on each
stage make the idle time as much shorter.

.. math::

    r = (p - 1) / (v m) \qquad r_{total} = r / (1 + r)
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import PIPELINE_PARALLEL
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE = Constant(1.0, "1", "the first stage starts at once; without interleaving a stage holds one chunk of layers")


@performance_function(
    formula="(training_pipeline_parallel - one) / (interleaved_chunks * micro_batches), interleaved_chunks = 1 unless stated",
    citation=f"{PIPELINE_PARALLEL}, sections 2.2.1 and 2.2.2",
    constants={"one": _ONE},
    optional=("interleaved_chunks",),
    assumes=("stages take the same time, and handing over takes none",),
    increasing=("training_pipeline_parallel",),
    decreasing=("micro_batches", "interleaved_chunks"),
    examples=(
        Example(
            {"training_pipeline_parallel": 8.0, "micro_batches": 32.0, "interleaved_chunks": float("nan")},
            0.21875,
            1e-12,
            "by hand: 7 / 32",
        ),
        Example(
            {"training_pipeline_parallel": 8.0, "micro_batches": 32.0, "interleaved_chunks": 2.0},
            0.109375,
            1e-12,
            "by hand: 7 / 64",
        ),
    ),
)
def pipeline_bubble_ratio(
    training_pipeline_parallel: Annotated[Array, "1"],
    micro_batches: Annotated[Array, "1"],
    interleaved_chunks: Annotated[Array, "1"],
    *,
    one: float,
) -> Annotated[Array, "1"]:
    """Idle time of a training pipeline over the time that it works."""
    chunks = np.where(np.isnan(interleaved_chunks), one, interleaved_chunks)
    return (training_pipeline_parallel - one) / (chunks * micro_batches)


@performance_function(
    formula="pipeline_bubble_ratio / (one + pipeline_bubble_ratio)",
    citation=f"{PIPELINE_PARALLEL}, section 2.2.1",
    constants={"one": _ONE},
    increasing=("pipeline_bubble_ratio",),
    examples=(Example({"pipeline_bubble_ratio": 0.21875}, 7.0 / 39.0, 1e-12, "by hand: 7 / (32 + 7)"),),
)
def pipeline_bubble_share(pipeline_bubble_ratio: Annotated[Array, "1"], *, one: float) -> Annotated[Array, "1"]:
    """Share of the whole time of a training pipeline in which a stage stands idle."""
    return pipeline_bubble_ratio / (one + pipeline_bubble_ratio)
