r"""What a service of a model with sparse attention moves and holds: its caches keep latents and the keys of the indexer.

.. math:: K_{prompt} = (k + k_I)\,S_{in} \qquad N = \frac{M}{r\,(k + k_I)\,\bar C}
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import PAGED_ATTENTION
from downstack.performance.declare import Array, Example, performance_function
from downstack.performance.sparse_attention import DSA

_SPARSE = {"model": "SparseAttentionModel"}


@performance_function(
    returns="prompt_kv_cache_bytes",
    formula="(kv_cache_bytes_per_token + index_key_bytes_per_token) * input_tokens",
    citation=DSA,
    assumes=("the whole cache of a prompt is moved, also what the decoding side may have from an earlier turn",),
    increasing=("kv_cache_bytes_per_token", "index_key_bytes_per_token", "input_tokens"),
    examples=(
        Example(
            {"kv_cache_bytes_per_token": 70272.0, "index_key_bytes_per_token": 8052.0, "input_tokens": 1000.0},
            78324000.0,
            1e-12,
            "by hand, DeepSeek-V3.2 config.json: 61 * (1152 + 132) * 1000",
        ),
    ),
    applies_to=_SPARSE,
)
def prompt_kv_cache_bytes_sparse(
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    index_key_bytes_per_token: Annotated[Array, "byte/token"],
    input_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "byte/sequence"]:
    """Cache that a prompt leaves: latents and keys of all its tokens."""
    return (kv_cache_bytes_per_token + index_key_bytes_per_token) * input_tokens


@performance_function(
    returns="growing_sessions_by_capacity",
    formula="free_memory / kv_cache_replication / ((kv_cache_bytes_per_token + index_key_bytes_per_token)"
    " * mean_session_context)",
    citation=f"{PAGED_ATTENTION}; {DSA}",
    assumes=("sessions of all ages are there at a time, so that their context is the mean of a session",),
    increasing=("free_memory",),
    decreasing=(
        "kv_cache_replication",
        "kv_cache_bytes_per_token",
        "index_key_bytes_per_token",
        "mean_session_context",
    ),
    examples=(
        Example(
            {
                "free_memory": 640e9,
                "kv_cache_replication": 1.0,
                "kv_cache_bytes_per_token": 70000.0,
                "index_key_bytes_per_token": 10000.0,
                "mean_session_context": 50000.0,
            },
            160.0,
            1e-12,
            "by hand: 640 GB over 4 GB",
        ),
    ),
    applies_to=_SPARSE,
)
def growing_sessions_by_capacity_sparse(
    free_memory: Annotated[Array, "byte"],
    kv_cache_replication: Annotated[Array, "1"],
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    index_key_bytes_per_token: Annotated[Array, "byte/token"],
    mean_session_context: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "sequence"]:
    """Sessions of all ages that fill the free memory."""
    held = (kv_cache_bytes_per_token + index_key_bytes_per_token) * mean_session_context
    return free_memory / kv_cache_replication / held
