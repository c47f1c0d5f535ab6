r"""What a layout holds more than once: cached keys and values, and weights.

A head of keys and values cannot be split, so groups of tensor-parallel chips wider than the heads hold copies. Latent attention
has one latent vector for all heads, which each chip of the group holds. Data-parallel groups share the routed experts and hold
everything else each.

.. math::

    r_{GQA} = \max(n / H_{kv}, 1) \qquad r_{MLA} = n \qquad W_{stored} = W + (W - P_E b_e)(d - 1)

`n` tensor-parallel chips, :math:`H_{kv}` heads of keys and values, `d` data-parallel groups, :math:`P_E b_e` bytes of the routed
experts.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import DEFINITION, EXPERT_PARALLEL, GROUPED_QUERY, LATENT_ATTENTION
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_CHIP = Constant(1.0, "chip", "a key and value head, or a latent vector, lies on one chip as a whole")
_ONE_GROUP = Constant(1.0, "1", "the first group holds the weights once")
_IDEAL = "where no layout is stated, caches are spread over all chips and none is copied"
_UNSTATED = float("nan")


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
    returns="kv_cache_read_replication",
    formula="max(tensor_parallel / (key_value_heads * one_chip), 1)",
    citation=GROUPED_QUERY,
    constants={"one_chip": _ONE_CHIP},
    increasing=("tensor_parallel",),
    decreasing=("key_value_heads",),
    examples=(
        Example({"tensor_parallel": 16.0, "key_value_heads": 8.0}, 2.0, 1e-12, "by hand: eight heads on sixteen chips"),
        Example({"tensor_parallel": 4.0, "key_value_heads": 8.0}, 1.0, 1e-12, "two heads on each chip"),
    ),
    applies_to={"model": "GroupedQueryAttentionModel"},
)
def kv_cache_read_replication_grouped_query(
    tensor_parallel: Annotated[Array, "chip"], key_value_heads: Annotated[Array, "1"], *, one_chip: float
) -> Annotated[Array, "1"]:
    """How often each key and value is read in a step: by every chip that works on its head."""
    return np.maximum(tensor_parallel / (key_value_heads * one_chip), 1.0)


@performance_function(
    returns="kv_cache_read_replication",
    formula="tensor_parallel / one_chip",
    citation=LATENT_ATTENTION,
    constants={"one_chip": _ONE_CHIP},
    increasing=("tensor_parallel",),
    examples=(Example({"tensor_parallel": 8.0}, 8.0, 1e-12, "by hand: each of eight chips expands it for its heads"),),
    applies_to={"model": "LatentAttentionModel"},
)
def kv_cache_read_replication_latent(
    tensor_parallel: Annotated[Array, "chip"], *, one_chip: float
) -> Annotated[Array, "1"]:
    """How often each latent vector is read in a step: by every chip of a tensor-parallel group."""
    return tensor_parallel / one_chip


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
