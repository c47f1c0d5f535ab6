r"""How many of the sequences in an engine decode: the others wait for their first token.

At a fixed load each finished sequence is replaced at once. Its successor waits `k` steps for its first token; meanwhile
the others decode.

.. math::

    k = f\,k_0\,(S / 1024)^p \qquad \sigma = \frac{S_{out}}{S_{out} + k} \qquad B_d = \max(\sigma B, 1)

The power law of `k` in the part `S` of the prompt that is computed is a description of measurements, not a mechanism: it
stands for schedulers, bursts of arrivals and pieces of prompts.
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
    """Tokens that a running sequence gets while a new one waits for its first."""
    factor = np.where(np.isnan(fitted_first_token_factor), usual, fitted_first_token_factor)
    length = (computed_prompt_tokens / reference_length) ** fitted_first_token_exponent
    return factor * fitted_first_token_steps * length


@performance_function(
    formula="output_tokens / (output_tokens + steps_to_first_token)",
    citation=LITTLE,
    increasing=("output_tokens",),
    decreasing=("steps_to_first_token",),
    examples=(
        Example({"output_tokens": 100.0, "steps_to_first_token": 25.0}, 0.8, 1e-12, "by hand: 100 of 125 steps"),
    ),
)
def decoding_share(
    output_tokens: Annotated[Array, "token/sequence"],
    steps_to_first_token: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "1"]:
    """Share of its time in the engine in which a sequence gets tokens; the rest it waits for the first."""
    return output_tokens / (output_tokens + steps_to_first_token)


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
