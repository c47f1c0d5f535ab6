r"""What follows from how a benchmark sets up its engine.

Some engines keep a prompt back on purpose until others have come, so that they read several at once, or look for new ones only now
and then. Some draft tokens with a layer of their own, and verify them in one step.

.. math::

    h = \frac{T (1 + a T / 2)}{1 + a T} + \frac{i}{2} \qquad T = \min(W, (M - 1) / a) \qquad a = B / S_{out} \qquad
    t_1 = t_v (1 + \gamma / L) / \Omega

A prompt waits at most `W` steps and until `M` prompts are there, of which `a` come in a step; the engine looks every `i` steps. A
verification takes :math:`t_v` and gives :math:`\Omega` tokens, of `\gamma` that were drafted; a draft is one layer more.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import LITTLE
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_TOKEN = Constant(1.0, "token/sequence", "one token of each sequence a step")


@performance_function(
    formula="held(longest_batching_wait, awaited_prompt_tokens / input_tokens)"
    " + held(longest_balancing_wait, accelerators_per_replica) + receive_interval / two, each 0 unless stated;"
    " held(W, M) = T * (one + n / two) / (one + n), T = min(W, (M - one) / a), n = a * T, a = one_token * resident_sequences / output_tokens",
    citation=f"{LITTLE}; TensorRT-LLM: batch_wait_timeout_iters, attention_dp_config; SGLang: scheduler_recv_interval",
    constants={
        "one": Constant(1.0, "sequence", "the prompt itself"),
        "one_token": _ONE_TOKEN,
        "two": Constant(2.0, "1", "what comes at any time waits for half of an interval on average"),
        "each": Constant(1.0, "sequence/chip", "each chip waits for one prompt"),
    },
    optional=("longest_batching_wait", "awaited_prompt_tokens", "longest_balancing_wait", "receive_interval"),
    assumes=("prompts arrive at random, as fast as answers end: one in `output_tokens` steps of a sequence",),
    examples=(
        Example(
            {
                "longest_batching_wait": 20.0,
                "awaited_prompt_tokens": float("nan"),
                "longest_balancing_wait": float("nan"),
                "receive_interval": float("nan"),
                "resident_sequences": 50.0,
                "output_tokens": 1000.0,
                "input_tokens": 1000.0,
                "accelerators_per_replica": 8.0,
            },
            15.0,
            1e-12,
            "by hand: one more comes in twenty steps and waits for half of them, (20 + 10) / 2",
        ),
        Example(
            {
                "longest_batching_wait": float("nan"),
                "awaited_prompt_tokens": float("nan"),
                "longest_balancing_wait": 60.0,
                "receive_interval": 30.0,
                "resident_sequences": 400.0,
                "output_tokens": 1000.0,
                "input_tokens": 1000.0,
                "accelerators_per_replica": 5.0,
            },
            6.0 + 15.0,
            1e-12,
            "by hand: the fifth comes after ten steps, the mean of 10 and four that wait for 5; half of thirty",
        ),
    ),
    registry=CALIBRATED,
)
def steps_held_back(
    longest_batching_wait: Annotated[Array, "1"],
    awaited_prompt_tokens: Annotated[Array, "token"],
    longest_balancing_wait: Annotated[Array, "1"],
    receive_interval: Annotated[Array, "1"],
    resident_sequences: Annotated[Array, "sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
    input_tokens: Annotated[Array, "token/sequence"],
    accelerators_per_replica: Annotated[Array, "chip"],
    *,
    one: float,
    one_token: float,
    two: float,
    each: float,
) -> Annotated[Array, "1"]:
    """Mean steps that an engine keeps a prompt back on purpose, so that it reads several at once or is interrupted less."""
    arrivals = one_token * resident_sequences / output_tokens

    def held(longest: Array, awaited: Array) -> Array:
        until = np.fmin(longest, np.maximum(awaited - one, 0.0) / arrivals)
        others = arrivals * until
        return np.where(np.isnan(longest), 0.0, until * (one + others / two) / (one + others))

    asked = np.nan_to_num(receive_interval, nan=0.0) / two
    batching = held(longest_batching_wait, awaited_prompt_tokens / input_tokens)
    return batching + held(longest_balancing_wait, each * accelerators_per_replica) + asked


@performance_function(
    formula="verification_step_time * (one + draft_tokens / num_layers) / tokens_per_verification",
    citation="Leviathan, Kalman and Matias, arXiv 2211.17192; DeepSeek-V3 Technical Report, arXiv 2412.19437: a draft is one layer",
    constants={"one": Constant(1.0, "1", "the verification itself")},
    assumes=("a drafted token passes one layer more, which takes as long as the others",),
    increasing=("verification_step_time", "draft_tokens"),
    decreasing=("tokens_per_verification", "num_layers"),
    examples=(
        Example(
            {
                "verification_step_time": 0.02,
                "draft_tokens": 3.0,
                "num_layers": 60.0,
                "tokens_per_verification": 2.5,
            },
            8.4e-3,
            1e-12,
            "by hand: 20 ms * 1.05 / 2.5",
        ),
    ),
    registry=CALIBRATED,
)
def drafted_step_time_per_token(
    verification_step_time: Annotated[Array, "s"],
    draft_tokens: Annotated[Array, "1"],
    num_layers: Annotated[Array, "1"],
    tokens_per_verification: Annotated[Array, "1"],
    *,
    one: float,
) -> Annotated[Array, "s"]:
    """Seconds of a step that drafts and verifies, for each token that it gives."""
    return verification_step_time * (one + draft_tokens / num_layers) / tokens_per_verification
