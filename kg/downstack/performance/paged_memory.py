r"""How much of the cache's memory holds tokens, in blocks and in reservations for the longest sequence.

A paged cache wastes half a block for each sequence on average; a cache that is reserved in one piece for the longest
context wastes all that a sequence does not use.

.. math::

    u_{paged} = S / (S + (b - 1) / 2) \qquad u_{reserved} = S / S_{max}
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import PAGED_ATTENTION
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_HALF = Constant(0.5, "1", "lengths are spread evenly over the last block; over a reply the context grows evenly")
_ONE = Constant(1.0, "token", "a sequence that ends with its block wastes nothing")
_OWN = Constant(1.0, "sequence", "each sequence has a last block of its own")


@performance_function(
    formula="S / (S + half * (kv_block_size - one)), S = input_tokens + half * output_tokens",
    citation=PAGED_ATTENTION,
    constants={"half": _HALF, "one": _ONE, "own": _OWN},
    assumes=("no block is shared between sequences",),
    increasing=("input_tokens", "output_tokens"),
    decreasing=("kv_block_size",),
    examples=(
        Example(
            {"input_tokens": 161.0, "output_tokens": 338.0, "kv_block_size": 16.0},
            330.0 / 337.5,
            1e-12,
            "by hand: 330 tokens and 7.5 wasted (Kwon et al., figure 11: the mean lengths of ShareGPT)",
        ),
    ),
)
def paged_memory_utilization(
    input_tokens: Annotated[Array, "token/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    kv_block_size: Annotated[Array, "token"],
    *,
    half: float,
    one: float,
    own: float,
) -> Annotated[Array, "1"]:
    """Share of a paged cache that holds tokens."""
    held = (input_tokens + half * output_tokens) * own
    return held / (held + half * (kv_block_size - one))


@performance_function(
    formula="(input_tokens + half * output_tokens) / max_position_embeddings",
    citation=PAGED_ATTENTION,
    constants={"half": _HALF},
    assumes=("the whole context that the model has positions for is reserved for each sequence",),
    increasing=("input_tokens", "output_tokens"),
    decreasing=("max_position_embeddings",),
    examples=(
        Example(
            {"input_tokens": 161.0, "output_tokens": 338.0, "max_position_embeddings": 2048.0},
            0.161,
            0.002,
            "by hand: 330 of 2048 tokens",
        ),
    ),
)
def reserved_memory_utilization(
    input_tokens: Annotated[Array, "token/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    max_position_embeddings: Annotated[Array, "token/sequence"],
    *,
    half: float,
) -> Annotated[Array, "1"]:
    """Share of a cache reserved for the longest context that holds tokens."""
    return (input_tokens + half * output_tokens) / max_position_embeddings


@performance_function(
    formula="concurrency_by_capacity * paged_memory_utilization",
    citation=PAGED_ATTENTION,
    validity=(Validity("paged_memory_utilization", 0.0, 1.0, "a share of the cache"),),
    increasing=("concurrency_by_capacity", "paged_memory_utilization"),
    examples=(Example({"concurrency_by_capacity": 100.0, "paged_memory_utilization": 0.96}, 96.0, 1e-12, "by hand"),),
)
def paged_concurrency(
    concurrency_by_capacity: Annotated[Array, "sequence"],
    paged_memory_utilization: Annotated[Array, "1"],
) -> Annotated[Array, "sequence"]:
    """Sequences that memory holds in blocks, their last blocks half empty."""
    return concurrency_by_capacity * paged_memory_utilization


@performance_function(
    formula="concurrency_by_capacity * reserved_memory_utilization",
    citation=PAGED_ATTENTION,
    validity=(Validity("reserved_memory_utilization", 0.0, 1.0, "no sequence is longer than the reservation"),),
    increasing=("concurrency_by_capacity", "reserved_memory_utilization"),
    examples=(Example({"concurrency_by_capacity": 100.0, "reserved_memory_utilization": 0.2}, 20.0, 1e-12, "by hand"),),
)
def reserved_concurrency(
    concurrency_by_capacity: Annotated[Array, "sequence"],
    reserved_memory_utilization: Annotated[Array, "1"],
) -> Annotated[Array, "sequence"]:
    """Sequences that memory holds when each reserves the longest context."""
    return concurrency_by_capacity * reserved_memory_utilization
