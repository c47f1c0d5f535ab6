r"""How the chips of a deployment share one copy of the model, and what that copies.

A replica (one copy of the model) is cut into pipeline stages; the chips of a stage form groups that split every matrix
(tensor parallelism), and groups of one stage work on different sequences but share the routed experts (expert and data
parallelism). Unless a deployment says otherwise, all chips of an instance are tensor-parallel.

.. math::

    N = n\,p\,d \qquad d = \max(e / n, 1) \qquad r = \max(n / H_{kv}, 1)

`N` chips of a replica, `n` tensor-parallel chips, `p` stages, `d` data-parallel groups, `e` expert-parallel chips, `r` copies
of each cached number: a head of keys and values cannot be split, so groups wider than the heads hold copies. Latent
attention has one latent vector for all heads, which each chip of the group holds.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import (
    DEFINITION,
    EXPERT_PARALLEL,
    GROUPED_QUERY,
    LATENT_ATTENTION,
    PIPELINE_PARALLEL,
    TENSOR_PARALLEL,
)
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_CHIP = Constant(1.0, "chip", "a key and value head, or a latent vector, lies on one chip as a whole")
_ONE_GROUP = Constant(1.0, "1", "without expert parallelism there is one group of chips a stage")
_IDEAL = "where no layout is stated, caches are spread over all chips and none is copied"
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


def _copies(tensor_parallel: Array, shards: Array | float, stated_layout: Array, one_chip: float) -> Array:
    copies = np.maximum(tensor_parallel / shards, one_chip / one_chip)
    ideal = one_chip / one_chip + 0.0 * (tensor_parallel / shards)
    return np.where(np.isnan(stated_layout), ideal, copies)


@performance_function(
    returns="kv_cache_replication",
    formula="max(tensor_parallel / (key_value_heads * one_chip), 1); 1 where no layout is stated",
    citation=GROUPED_QUERY,
    constants={"one_chip": _ONE_CHIP},
    assumes=(_IDEAL,),
    optional=("stated_layout",),
    increasing=("tensor_parallel",),
    decreasing=("key_value_heads",),
    examples=(
        Example(
            {"tensor_parallel": 16.0, "key_value_heads": 8.0, "stated_layout": 1.0},
            2.0,
            1e-12,
            "by hand: eight heads on sixteen chips, each twice",
        ),
        Example(
            {"tensor_parallel": 16.0, "key_value_heads": 8.0, "stated_layout": _UNSTATED},
            1.0,
            1e-12,
            "no layout is stated",
        ),
    ),
    applies_to={"model": "GroupedQueryAttentionModel"},
)
def kv_cache_replication_grouped_query(
    tensor_parallel: Annotated[Array, "chip"],
    key_value_heads: Annotated[Array, "1"],
    stated_layout: Annotated[Array, "1"],
    *,
    one_chip: float,
) -> Annotated[Array, "1"]:
    """Copies of each key and value in a group: more than one where the group has more chips than there are heads."""
    return _copies(tensor_parallel, key_value_heads * one_chip, stated_layout, one_chip)


@performance_function(
    returns="kv_cache_replication",
    formula="tensor_parallel / one_chip; 1 where no layout is stated",
    citation=LATENT_ATTENTION,
    constants={"one_chip": _ONE_CHIP},
    assumes=(_IDEAL, "each tensor-parallel chip holds the whole latent vector: it is not split along the context"),
    optional=("stated_layout",),
    increasing=("tensor_parallel",),
    examples=(
        Example({"tensor_parallel": 8.0, "stated_layout": 1.0}, 8.0, 1e-12, "by hand: each of eight chips holds it"),
        Example({"tensor_parallel": 8.0, "stated_layout": _UNSTATED}, 1.0, 1e-12, "no layout is stated"),
    ),
    applies_to={"model": "LatentAttentionModel"},
)
def kv_cache_replication_latent(
    tensor_parallel: Annotated[Array, "chip"], stated_layout: Annotated[Array, "1"], *, one_chip: float
) -> Annotated[Array, "1"]:
    """Copies of each latent vector in a group of tensor-parallel chips: one on each."""
    return _copies(tensor_parallel, one_chip, stated_layout, one_chip)


@performance_function(
    returns="stored_weight_bytes",
    formula="weight_bytes * data_parallel",
    citation=DEFINITION,
    increasing=("weight_bytes", "data_parallel"),
    examples=(Example({"weight_bytes": 141e9, "data_parallel": 1.0}, 141e9, 1e-12, "one group holds the model once"),),
    applies_to={"model": "DenseModel"},
)
def stored_weight_bytes_dense(
    weight_bytes: Annotated[Array, "byte"], data_parallel: Annotated[Array, "1"]
) -> Annotated[Array, "byte"]:
    """Bytes that the weights of a dense model fill on all chips of a replica."""
    return weight_bytes * data_parallel


@performance_function(
    returns="stored_weight_bytes",
    formula="weight_bytes + (weight_bytes - expert_parameters * bytes_per_expert_parameter) * (data_parallel - one_group)",
    citation=EXPERT_PARALLEL,
    constants={"one_group": _ONE_GROUP},
    assumes=("routed experts are not replicated, not even those that are asked for most",),
    increasing=("weight_bytes",),
    examples=(
        Example(
            {
                "weight_bytes": 671e9,
                "expert_parameters": 654e9,
                "bytes_per_expert_parameter": 1.0,
                "data_parallel": 4.0,
            },
            722e9,
            1e-12,
            "by hand: 654e9 + 4 * 17e9",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def stored_weight_bytes_mixture(
    weight_bytes: Annotated[Array, "byte"],
    expert_parameters: Annotated[Array, "1"],
    bytes_per_expert_parameter: Annotated[Array, "byte"],
    data_parallel: Annotated[Array, "1"],
    *,
    one_group: float,
) -> Annotated[Array, "byte"]:
    """Bytes that the weights fill on all chips of a replica: experts once, everything else in each group."""
    shared = weight_bytes - expert_parameters * bytes_per_expert_parameter
    return weight_bytes + shared * (data_parallel - one_group)
