r"""What one request makes chips do, and how well it uses them.

.. math::

    F = F_{prefill} + S_{out}\,F_{decode} \qquad \mathrm{MFU} = \frac{F}{\hat P\,A} \qquad
    D = S_{out}\,(t_W / B + t_{KV})\,W \qquad \mathrm{MBU} = \frac{D}{\hat W\,A}

`A` is the chip time of the request, `W` the bandwidth of all chips of the copy that is reached, hats are data-sheet rates.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import ROOFLINE, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, performance_function

_STEP = Constant(1.0, "token/sequence", "autoregressive decoding: one token of each sequence a step")
_PALM = "Chowdhery et al.: PaLM, section on training efficiency (model FLOPs utilization), arXiv 2204.02311, 2022"


@performance_function(
    formula="prefill_flops + output_tokens * decode_flops_per_token",
    citation=SCALING_BOOK,
    increasing=("prefill_flops", "output_tokens", "decode_flops_per_token"),
    examples=(
        Example(
            {"prefill_flops": 1e15, "output_tokens": 100.0, "decode_flops_per_token": 1.4e11},
            1.014e15,
            1e-12,
            "by hand: 1e15 + 100 * 1.4e11",
        ),
    ),
)
def request_flops(
    prefill_flops: Annotated[Array, "FLOP/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    decode_flops_per_token: Annotated[Array, "FLOP/token"],
) -> Annotated[Array, "FLOP/sequence"]:
    """Arithmetic of one request, prompt and answer."""
    return prefill_flops + output_tokens * decode_flops_per_token


@performance_function(
    formula="request_flops / (request_accelerator_time * peak_flops_at_weight_precision)",
    citation=_PALM,
    increasing=("request_flops",),
    decreasing=("request_accelerator_time", "peak_flops_at_weight_precision"),
    examples=(
        Example(
            {
                "request_flops": 1e15,
                "request_accelerator_time": 2.0,
                "peak_flops_at_weight_precision": 1e15,
            },
            0.5,
            1e-12,
            "by hand: half of what the chips could have multiplied",
        ),
    ),
)
def request_model_flops_utilization(
    request_flops: Annotated[Array, "FLOP/sequence"],
    request_accelerator_time: Annotated[Array, "s*chip/sequence"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
) -> Annotated[Array, "1"]:
    """Share of what the chips of a request could multiply at their peak that the request needs."""
    return request_flops / (request_accelerator_time * peak_flops_at_weight_precision)


@performance_function(
    formula="output_tokens / one_token * (weight_read_time / decoding_sequences * effective_memory_bandwidth"
    " + kv_read_time_per_sequence * cache_read_bandwidth)",
    citation=ROOFLINE,
    constants={"one_token": _STEP},
    assumes=(
        "decode steps only: what a prompt reads is hidden behind its arithmetic and left out",
        "the sequences of a batch share the reads of weights equally",
    ),
    increasing=(
        "output_tokens",
        "weight_read_time",
        "kv_read_time_per_sequence",
        "effective_memory_bandwidth",
        "cache_read_bandwidth",
    ),
    decreasing=("decoding_sequences",),
    examples=(
        Example(
            {
                "output_tokens": 100.0,
                "weight_read_time": 4e-3,
                "decoding_sequences": 10.0,
                "kv_read_time_per_sequence": 1e-4,
                "effective_memory_bandwidth": 3e13,
                "cache_read_bandwidth": 2e13,
            },
            1.4e12,
            1e-12,
            "by hand: 100 * (0.4 ms * 30 TB/s + 0.1 ms * 20 TB/s)",
        ),
    ),
)
def request_memory_traffic(
    output_tokens: Annotated[Array, "token/sequence"],
    weight_read_time: Annotated[Array, "s"],
    decoding_sequences: Annotated[Array, "sequence"],
    kv_read_time_per_sequence: Annotated[Array, "s/sequence"],
    effective_memory_bandwidth: Annotated[Array, "byte/s"],
    cache_read_bandwidth: Annotated[Array, "byte/s"],
    *,
    one_token: float,
) -> Annotated[Array, "byte/sequence"]:
    """Bytes that the steps of one request read from memory: its part of the weights, and its own cache."""
    weights = weight_read_time / decoding_sequences * effective_memory_bandwidth
    return output_tokens / one_token * (weights + kv_read_time_per_sequence * cache_read_bandwidth)


@performance_function(
    formula="request_memory_traffic / (request_accelerator_time * memory_bandwidth)",
    citation=ROOFLINE,
    increasing=("request_memory_traffic",),
    decreasing=("request_accelerator_time", "memory_bandwidth"),
    examples=(
        Example(
            {
                "request_memory_traffic": 1.5e12,
                "request_accelerator_time": 1.0,
                "memory_bandwidth": 3e12,
            },
            0.5,
            1e-12,
            "by hand: half of what the chips could have read",
        ),
    ),
)
def request_memory_bandwidth_utilization(
    request_memory_traffic: Annotated[Array, "byte/sequence"],
    request_accelerator_time: Annotated[Array, "s*chip/sequence"],
    memory_bandwidth: Annotated[Array, "byte/s/chip"],
) -> Annotated[Array, "1"]:
    """Share of what the chips of a request could read at their peak that its steps read."""
    return request_memory_traffic / (request_accelerator_time * memory_bandwidth)
