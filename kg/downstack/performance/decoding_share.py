r"""How many of the sequences in an engine decode: the others wait for their first token.

At a fixed load each finished sequence is replaced at once. Its successor waits `k` steps for its turn; its place gives no
token for `h` steps, while the others decode.

.. math::

    k = f\,k_0\,(S / 1024)^p \qquad h = h_0\,(S / 1024)^q \qquad \sigma = \frac{S_{out}}{S_{out} + h} \qquad B_d = \max(\sigma B, 1)

A few steps are the step under way, the scheduler that works one step ahead, and the step of the prompt itself; an
engine that keeps prompts back on purpose takes more, and says so in its settings. A place is without tokens for longer than its
prompt waits: the prompt is worked on, and the answer before it has to reach its reader before the next request comes. The
powers of the part `S` of the prompt that is computed describe measurements of prompts in pieces, not a mechanism.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.calibration import FITTED
from downstack.performance.citations import LITTLE
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_REFERENCE = Constant(1024.0, "token/sequence", "the prompt length for which the fitted number of steps is given")
_USUAL = Constant(1.0, "1", "an engine that was not measured differs from the others by nothing that is known")
_ONE = Constant(1.0, "sequence", "at least one sequence decodes")
_NONE = Constant(0.0, "1", "a workload without a stated prefix cache hit rate reuses nothing")


@performance_function(
    formula="(1 - prefix_cache_hit_rate) * input_tokens, prefix_cache_hit_rate = 0 unless stated",
    citation=LITTLE,
    constants={"none": _NONE},
    optional=("prefix_cache_hit_rate",),
    validity=(Validity("prefix_cache_hit_rate", 0.0, 1.0, "a share of the prompt"),),
    increasing=("input_tokens",),
    decreasing=("prefix_cache_hit_rate",),
    examples=(
        Example({"input_tokens": 1000.0, "prefix_cache_hit_rate": 0.75}, 250.0, 1e-12, "by hand: a quarter is new"),
        Example({"input_tokens": 1000.0, "prefix_cache_hit_rate": float("nan")}, 1000.0, 1e-12, "nothing is reused"),
    ),
)
def computed_prompt_tokens(
    input_tokens: Annotated[Array, "token/sequence"],
    prefix_cache_hit_rate: Annotated[Array, "1"],
    *,
    none: float,
) -> Annotated[Array, "token/sequence"]:
    """Tokens of a prompt that are computed: those whose keys and values are not in a cache."""
    reused = np.where(np.isnan(prefix_cache_hit_rate), none, prefix_cache_hit_rate)
    return (1.0 - reused) * input_tokens


@performance_function(
    formula="factor * fitted_first_token_steps * (computed_prompt_tokens / reference_length) ^ fitted_first_token_exponent,"
    " factor = fitted_first_token_factor, 1 unless stated",
    citation=FITTED,
    constants={"reference_length": _REFERENCE, "usual": _USUAL},
    optional=("fitted_first_token_factor",),
    increasing=("fitted_first_token_factor", "fitted_first_token_steps", "computed_prompt_tokens"),
    examples=(
        Example(
            {
                "fitted_first_token_factor": 2.0,
                "fitted_first_token_steps": 10.0,
                "computed_prompt_tokens": 4096.0,
                "fitted_first_token_exponent": 0.5,
            },
            40.0,
            1e-12,
            "by hand: 2 * 10 * sqrt(4)",
        ),
    ),
)
def steps_to_first_token(
    fitted_first_token_factor: Annotated[Array, "1"],
    fitted_first_token_steps: Annotated[Array, "token/sequence"],
    computed_prompt_tokens: Annotated[Array, "token/sequence"],
    fitted_first_token_exponent: Annotated[Array, "1"],
    *,
    reference_length: float,
    usual: float,
) -> Annotated[Array, "token/sequence"]:
    """Tokens that a running sequence gets until a new prompt has its turn."""
    factor = np.where(np.isnan(fitted_first_token_factor), usual, fitted_first_token_factor)
    length = (computed_prompt_tokens / reference_length) ** fitted_first_token_exponent
    return factor * fitted_first_token_steps * length


@performance_function(
    formula="fitted_turnover_steps * (computed_prompt_tokens / reference_length) ^ fitted_turnover_exponent",
    citation=FITTED,
    constants={"reference_length": _REFERENCE},
    increasing=("fitted_turnover_steps", "computed_prompt_tokens"),
    examples=(
        Example(
            {"fitted_turnover_steps": 10.0, "computed_prompt_tokens": 4096.0, "fitted_turnover_exponent": 0.5},
            20.0,
            1e-12,
            "by hand: 10 * sqrt(4)",
        ),
    ),
)
def turnover_steps(
    fitted_turnover_steps: Annotated[Array, "token/sequence"],
    computed_prompt_tokens: Annotated[Array, "token/sequence"],
    fitted_turnover_exponent: Annotated[Array, "1"],
    *,
    reference_length: float,
) -> Annotated[Array, "token/sequence"]:
    """Tokens that a running sequence gets while another place has none, from one request to the next."""
    return fitted_turnover_steps * (computed_prompt_tokens / reference_length) ** fitted_turnover_exponent


@performance_function(
    formula="output_tokens / (output_tokens + turnover_steps)",
    citation=LITTLE,
    increasing=("output_tokens",),
    decreasing=("turnover_steps",),
    examples=(Example({"output_tokens": 100.0, "turnover_steps": 25.0}, 0.8, 1e-12, "by hand: 100 of 125 steps"),),
)
def decoding_share(
    output_tokens: Annotated[Array, "token/sequence"],
    turnover_steps: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "1"]:
    """Share of its time in the engine in which a sequence gets tokens; the rest it waits for the first."""
    return output_tokens / (output_tokens + turnover_steps)


@performance_function(
    formula="max(concurrent_sequences * decoding_share, one_sequence)",
    citation=LITTLE,
    constants={"one_sequence": _ONE},
    increasing=("concurrent_sequences", "decoding_share"),
    examples=(
        Example({"concurrent_sequences": 60.0, "decoding_share": 0.8}, 48.0, 1e-12, "by hand: 60 * 0.8"),
        Example({"concurrent_sequences": 1.0, "decoding_share": 0.8}, 1.0, 1e-12, "a sequence alone decodes alone"),
    ),
)
def decoding_sequences(
    concurrent_sequences: Annotated[Array, "sequence"],
    decoding_share: Annotated[Array, "1"],
    *,
    one_sequence: float,
) -> Annotated[Array, "sequence"]:
    """Sequences that decode on average at the workload's reference concurrency; at least one does."""
    return np.maximum(concurrent_sequences * decoding_share, one_sequence)


@performance_function(
    formula="max(max_concurrent_sequences * decoding_share, one_sequence)",
    citation=LITTLE,
    constants={"one_sequence": _ONE},
    increasing=("max_concurrent_sequences", "decoding_share"),
    examples=(Example({"max_concurrent_sequences": 60.0, "decoding_share": 0.8}, 48.0, 1e-12, "by hand: 60 * 0.8"),),
)
def decoding_sequences_at_capacity(
    max_concurrent_sequences: Annotated[Array, "sequence"],
    decoding_share: Annotated[Array, "1"],
    *,
    one_sequence: float,
) -> Annotated[Array, "sequence"]:
    """Sequences that decode on average when the instance is as full as it may be."""
    return np.maximum(max_concurrent_sequences * decoding_share, one_sequence)
