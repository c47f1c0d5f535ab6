r"""How long chips are taken up by one request, and by what: what it costs and draws follows from this.

A batch shares its steps, so a request takes a part of each; its own prompt it takes alone.

.. math::

    A = S_{out}\,TPOT\,\frac{N}{B_d} = N\,S_{out}\,t_P + \frac{N}{B_d}\,S_{out}\,t(B_d)

`N` chips of the copy of the model, :math:`B_d` sequences that decode, :math:`t_P` what a prompt interrupts. The four parts below sum to `A`: a user waits while
the prompts of others are prefilled, but does not pay for them.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import LITTLE, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, performance_function

_OWN = Constant(1.0, "sequence", "a request is one sequence")
_STEP = Constant(1.0, "token/sequence", "autoregressive decoding: one token of each sequence a step")
_SHARED = "the sequences of a batch share its steps equally, however long their contexts are"


@performance_function(
    formula="output_tokens * own_sequence * time_per_output_token * accelerators_per_replica / decoding_sequences",
    citation=LITTLE,
    constants={"own_sequence": _OWN},
    assumes=(_SHARED, "the load is there all the time: idle chips are nobody's"),
    increasing=("output_tokens", "time_per_output_token", "accelerators_per_replica"),
    decreasing=("decoding_sequences",),
    examples=(
        Example(
            {
                "output_tokens": 100.0,
                "time_per_output_token": 0.03,
                "accelerators_per_replica": 8.0,
                "decoding_sequences": 10.0,
            },
            2.4,
            1e-12,
            "by hand: 3 s of 8 chips shared by 10",
        ),
    ),
)
def request_accelerator_time(
    output_tokens: Annotated[Array, "token/sequence"],
    time_per_output_token: Annotated[Array, "s/token"],
    accelerators_per_replica: Annotated[Array, "chip"],
    decoding_sequences: Annotated[Array, "sequence"],
    *,
    own_sequence: float,
) -> Annotated[Array, "s*chip/sequence"]:
    """Seconds times chips that one request takes up, prompt and answer."""
    return output_tokens * own_sequence * time_per_output_token * accelerators_per_replica / decoding_sequences


@performance_function(
    formula="(output_tokens / one_token * prefill_interruption_per_sequence"
    " + request_decode_compute_time / decoding_sequences) * accelerators_per_replica",
    citation=SCALING_BOOK,
    constants={"one_token": _STEP},
    assumes=(_SHARED, "what the prompt of a request holds up is counted to the request"),
    increasing=(
        "output_tokens",
        "prefill_interruption_per_sequence",
        "request_decode_compute_time",
        "accelerators_per_replica",
    ),
    decreasing=("decoding_sequences",),
    examples=(
        Example(
            {
                "output_tokens": 100.0,
                "prefill_interruption_per_sequence": 1e-3,
                "request_decode_compute_time": 1.0,
                "accelerators_per_replica": 8.0,
                "decoding_sequences": 10.0,
            },
            1.6,
            1e-12,
            "by hand: 0.8 + 0.8 chip seconds",
        ),
    ),
)
def request_processor_accelerator_time(
    output_tokens: Annotated[Array, "token/sequence"],
    prefill_interruption_per_sequence: Annotated[Array, "s/sequence"],
    request_decode_compute_time: Annotated[Array, "s"],
    accelerators_per_replica: Annotated[Array, "chip"],
    decoding_sequences: Annotated[Array, "sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "s*chip/sequence"]:
    """Seconds times chips of a request for its prompt, and for the arithmetic of its steps that reads do not hide."""
    prompt = output_tokens / one_token * prefill_interruption_per_sequence
    return (prompt + request_decode_compute_time / decoding_sequences) * accelerators_per_replica


@performance_function(
    formula="(request_weight_read_time + request_kv_read_time + request_activation_time) * accelerators_per_replica / decoding_sequences",
    citation=SCALING_BOOK,
    assumes=(_SHARED,),
    increasing=(
        "request_weight_read_time",
        "request_kv_read_time",
        "request_activation_time",
        "accelerators_per_replica",
    ),
    decreasing=("decoding_sequences",),
    examples=(
        Example(
            {
                "request_weight_read_time": 0.4,
                "request_kv_read_time": 0.15,
                "request_activation_time": 0.05,
                "accelerators_per_replica": 8.0,
                "decoding_sequences": 10.0,
            },
            0.48,
            1e-12,
            "by hand: 0.6 s of 8 chips shared by 10",
        ),
    ),
)
def request_memory_accelerator_time(
    request_weight_read_time: Annotated[Array, "s"],
    request_kv_read_time: Annotated[Array, "s"],
    request_activation_time: Annotated[Array, "s"],
    accelerators_per_replica: Annotated[Array, "chip"],
    decoding_sequences: Annotated[Array, "sequence"],
) -> Annotated[Array, "s*chip/sequence"]:
    """Seconds times chips of a request that moving weights, caches and activations takes."""
    moved = request_weight_read_time + request_kv_read_time + request_activation_time
    return moved * accelerators_per_replica / decoding_sequences


@performance_function(
    formula="request_exchange_time * accelerators_per_replica / decoding_sequences",
    citation=SCALING_BOOK,
    assumes=(_SHARED,),
    increasing=("request_exchange_time", "accelerators_per_replica"),
    decreasing=("decoding_sequences",),
    examples=(
        Example(
            {"request_exchange_time": 0.1, "accelerators_per_replica": 8.0, "decoding_sequences": 10.0},
            0.08,
            1e-12,
            "by hand: 0.1 s of 8 chips shared by 10",
        ),
    ),
)
def request_interconnect_accelerator_time(
    request_exchange_time: Annotated[Array, "s"],
    accelerators_per_replica: Annotated[Array, "chip"],
    decoding_sequences: Annotated[Array, "sequence"],
) -> Annotated[Array, "s*chip/sequence"]:
    """Seconds times chips of a request that exchanging activations takes."""
    return request_exchange_time * accelerators_per_replica / decoding_sequences


@performance_function(
    formula="request_overhead_time * accelerators_per_replica / decoding_sequences",
    citation=SCALING_BOOK,
    assumes=(_SHARED,),
    increasing=("request_overhead_time", "accelerators_per_replica"),
    decreasing=("decoding_sequences",),
    examples=(
        Example(
            {"request_overhead_time": 0.5, "accelerators_per_replica": 8.0, "decoding_sequences": 10.0},
            0.4,
            1e-12,
            "by hand: 0.5 s of 8 chips shared by 10",
        ),
    ),
)
def request_framework_accelerator_time(
    request_overhead_time: Annotated[Array, "s"],
    accelerators_per_replica: Annotated[Array, "chip"],
    decoding_sequences: Annotated[Array, "sequence"],
) -> Annotated[Array, "s*chip/sequence"]:
    """Seconds times chips of a request that starting kernels takes."""
    return request_overhead_time * accelerators_per_replica / decoding_sequences
