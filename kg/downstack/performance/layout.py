r"""How the chips of a deployment share one copy of the model.

A replica (one copy of the model) is cut into pipeline stages; the chips of a stage form groups that split every matrix
(tensor parallelism), and groups of one stage work on different sequences but share the routed experts (expert and data
parallelism). Unless a deployment says otherwise, all chips of an instance are tensor-parallel.

.. math::

    N = n\,p\,d \qquad d = \max(e / n, 1)

`N` chips of a replica, `n` tensor-parallel chips, `p` stages, `d` data-parallel groups, `e` expert-parallel chips.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import (
    DEFINITION,
    EXPERT_PARALLEL,
    PIPELINE_PARALLEL,
    TENSOR_PARALLEL,
)
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_GROUP = Constant(1.0, "1", "without expert parallelism there is one group of chips a stage")
_UNSTATED = float("nan")


@performance_function(
    formula="accelerators_per_instance",
    citation=TENSOR_PARALLEL,
    assumes=("all chips of the instance are tensor-parallel unless a deployment states its layout",),
    increasing=("accelerators_per_instance",),
    examples=(Example({"accelerators_per_instance": 8.0}, 8.0, 1e-12, "eight chips, one group"),),
)
def tensor_parallel(accelerators_per_instance: Annotated[Array, "chip"]) -> Annotated[Array, "chip"]:
    """Chips that split every matrix of a layer among them."""
    return +accelerators_per_instance


@performance_function(
    formula="accelerators_per_instance / tensor_parallel",
    citation=PIPELINE_PARALLEL,
    assumes=("chips of the instance that tensor parallelism leaves form further pipeline stages",),
    decreasing=("tensor_parallel",),
    examples=(
        Example({"accelerators_per_instance": 8.0, "tensor_parallel": 4.0}, 2.0, 1e-12, "by hand: 8 / 4"),
        Example({"accelerators_per_instance": 8.0, "tensor_parallel": 8.0}, 1.0, 1e-12, "no pipeline"),
    ),
)
def pipeline_parallel(
    accelerators_per_instance: Annotated[Array, "chip"], tensor_parallel: Annotated[Array, "chip"]
) -> Annotated[Array, "1"]:
    """Stages into which the layers are cut, one after the other."""
    return accelerators_per_instance / tensor_parallel


@performance_function(
    formula="max(expert_parallel / tensor_parallel, 1), and 1 where expert_parallel is not stated",
    citation=EXPERT_PARALLEL,
    constants={"one_group": _ONE_GROUP},
    assumes=("the groups of a stage hold the routed experts once among them and everything else each",),
    optional=("expert_parallel",),
    increasing=("expert_parallel",),
    examples=(
        Example({"tensor_parallel": 8.0, "expert_parallel": 32.0}, 4.0, 1e-12, "by hand: 32 / 8"),
        Example({"tensor_parallel": 8.0, "expert_parallel": 1.0}, 1.0, 1e-12, "experts are split like other matrices"),
        Example({"tensor_parallel": 8.0, "expert_parallel": _UNSTATED}, 1.0, 1e-12, "no layout is stated"),
    ),
)
def data_parallel(
    tensor_parallel: Annotated[Array, "chip"], expert_parallel: Annotated[Array, "chip"], *, one_group: float
) -> Annotated[Array, "1"]:
    """Groups of tensor-parallel chips in a stage, each with sequences of its own."""
    one = one_group + 0.0 * (tensor_parallel / tensor_parallel)
    return np.where(np.isnan(expert_parallel), one, np.maximum(expert_parallel / tensor_parallel, one))


@performance_function(
    formula="tensor_parallel * pipeline_parallel * data_parallel",
    citation=DEFINITION,
    increasing=("tensor_parallel", "pipeline_parallel", "data_parallel"),
    examples=(
        Example(
            {"tensor_parallel": 8.0, "pipeline_parallel": 2.0, "data_parallel": 1.0}, 16.0, 1e-12, "by hand: 8 * 2 * 1"
        ),
    ),
)
def accelerators_per_replica(
    tensor_parallel: Annotated[Array, "chip"],
    pipeline_parallel: Annotated[Array, "1"],
    data_parallel: Annotated[Array, "1"],
) -> Annotated[Array, "chip"]:
    """Chips that serve one copy of the model."""
    return tensor_parallel * pipeline_parallel * data_parallel
