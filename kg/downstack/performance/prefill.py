r"""How long a prompt takes, and what it takes from those who are already being answered.

Prefill multiplies a whole prompt at once and is limited by arithmetic. In a full batch each finished sequence is
replaced by a new prompt, so a step of `B` sequences carries on average :math:`B/S_{out}` prefills.

.. math::

    t_{prefill} = F_{prefill} / \hat P \qquad t_P = t_{prefill} / S_{out} \cdot n / N \qquad TTFT = t_{prefill} + t(B)

`n` chips work on a prompt at a time; of the `N` chips of the whole copy of the model the others go on with something else.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import LITTLE, ROOFLINE, SCALING_BOOK
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_PROMPT = Constant(1.0, "sequence", "prompts are prefilled one at a time")
_ONE_TOKEN = Constant(1.0, "token/sequence", "autoregressive decoding: one token of each sequence a step")


@performance_function(
    formula="prefill_flops * one_prompt / effective_prefill_compute",
    citation=f"{ROOFLINE}; {SCALING_BOOK}",
    constants={"one_prompt": _ONE_PROMPT},
    assumes=("prefill is limited by arithmetic, not by reading weights; false for prompts of a few hundred tokens",),
    increasing=("prefill_flops",),
    decreasing=("effective_prefill_compute",),
    examples=(
        Example(
            {"prefill_flops": 1.14688e15, "effective_prefill_compute": 1.2608e15},
            0.91,
            0.005,
            "How to Scale Your Model, inference: 70B, 8192 tokens, sixteen TPU v5e at 40 %: 0.91 s",
        ),
    ),
)
def prefill_time(
    prefill_flops: Annotated[Array, "FLOP/sequence"],
    effective_prefill_compute: Annotated[Array, "FLOP/s"],
    *,
    one_prompt: float,
) -> Annotated[Array, "s"]:
    """Seconds to process one prompt, on the chips that work on one prompt at a time."""
    return prefill_flops * one_prompt / effective_prefill_compute


@performance_function(
    formula="prefill_time / one_prompt * one_token / output_tokens * (tensor_parallel / accelerators_per_replica)",
    citation=LITTLE,
    constants={"one_prompt": _ONE_PROMPT, "one_token": _ONE_TOKEN},
    assumes=("a new prompt arrives whenever a sequence finishes: the batch stays full",),
    increasing=("prefill_time", "tensor_parallel"),
    decreasing=("output_tokens", "accelerators_per_replica"),
    examples=(
        Example(
            {"prefill_time": 0.1, "output_tokens": 200.0, "tensor_parallel": 8.0, "accelerators_per_replica": 8.0},
            5e-4,
            1e-12,
            "by hand: 100 ms once in 200 tokens",
        ),
        Example(
            {"prefill_time": 0.1, "output_tokens": 200.0, "tensor_parallel": 4.0, "accelerators_per_replica": 8.0},
            2.5e-4,
            1e-12,
            "by hand: two groups of chips, each prefills half of the prompts",
        ),
    ),
)
def prefill_interruption_per_sequence(
    prefill_time: Annotated[Array, "s"],
    output_tokens: Annotated[Array, "token/sequence"],
    tensor_parallel: Annotated[Array, "chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
    *,
    one_prompt: float,
    one_token: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds by which each sequence of the batch lengthens every step, because its successor has to be prefilled."""
    return prefill_time / one_prompt * one_token / output_tokens * (tensor_parallel / accelerators_per_replica)


@performance_function(
    formula="exchange_time_per_sequence + prefill_interruption_per_sequence",
    citation=SCALING_BOOK,
    increasing=("exchange_time_per_sequence", "prefill_interruption_per_sequence"),
    examples=(
        Example(
            {"exchange_time_per_sequence": 1e-5, "prefill_interruption_per_sequence": 5e-4},
            5.1e-4,
            1e-12,
            "by hand: 10 us + 500 us",
        ),
    ),
)
def serial_time_per_sequence(
    exchange_time_per_sequence: Annotated[Array, "s/sequence"],
    prefill_interruption_per_sequence: Annotated[Array, "s/sequence"],
) -> Annotated[Array, "s/sequence"]:
    """Seconds of a step for each sequence that neither reads nor arithmetic hide."""
    return exchange_time_per_sequence + prefill_interruption_per_sequence


@performance_function(
    formula="prefill_time + decode_step_time",
    citation=SCALING_BOOK,
    assumes=("no queueing: the prompt waits for the running step at most, not for other prompts",),
    increasing=("prefill_time", "decode_step_time"),
    examples=(Example({"prefill_time": 0.3, "decode_step_time": 0.02}, 0.32, 1e-12, "by hand: 300 ms + 20 ms"),),
)
def time_to_first_token(
    prefill_time: Annotated[Array, "s"],
    decode_step_time: Annotated[Array, "s"],
) -> Annotated[Array, "s"]:
    """Seconds from the arrival of a prompt to its first token, on a system without a queue."""
    return prefill_time + decode_step_time
