r"""Several tokens from one step: a cheap draft is verified at once, and the verification adds a token of its own.

With each drafted token accepted with probability :math:`\alpha`, a step gives the accepted prefix and one token more. A
mixture of experts pays for the draft: more tokens in a step use more experts.

.. math::

    \Omega = \frac{1 - \alpha^{\gamma + 1}}{1 - \alpha} \qquad s = \Omega / (\gamma c + v)
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.declare import Array, Constant, Example, Validity, performance_function
from downstack.performance.experts import used_fraction

_LEVIATHAN = "Leviathan, Kalman and Matias: Fast Inference from Transformers via Speculative Decoding, arXiv 2211.17192"
_BONUS = Constant(1.0, "1", "the verification gives one token itself, the bonus token, whatever it accepts")
_ONE = Constant(1.0, "sequence", "each sequence sends one token and its draft to the router")
_RATE = Validity("draft_acceptance_rate", 0.0, 1.0, "a probability")


@performance_function(
    formula="(1 - draft_acceptance_rate ^ (draft_tokens + bonus)) / (1 - draft_acceptance_rate)",
    citation=_LEVIATHAN,
    constants={"bonus": _BONUS},
    validity=(_RATE,),
    assumes=("each drafted token is accepted with the same probability, whatever was accepted before",),
    increasing=("draft_acceptance_rate", "draft_tokens"),
    examples=(
        Example({"draft_acceptance_rate": 0.8, "draft_tokens": 4.0}, 3.3616, 1e-12, "by hand: (1 - 0.8^5) / 0.2"),
        Example({"draft_acceptance_rate": 1.0, "draft_tokens": 4.0}, 5.0, 1e-12, "a perfect draft and the bonus token"),
        Example(
            {"draft_acceptance_rate": 0.85, "draft_tokens": 1.0},
            1.8,
            0.03,
            "DeepSeek-V3 Technical Report: 85 to 90 % of second tokens accepted, 1.8 times the tokens a second",
        ),
    ),
)
def tokens_per_verification(
    draft_acceptance_rate: Annotated[Array, "1"], draft_tokens: Annotated[Array, "1"], *, bonus: float
) -> Annotated[Array, "1"]:
    """Tokens that one verification step gives each stream, the bonus token included."""
    tokens = draft_tokens + bonus
    certain = draft_acceptance_rate == 1.0
    rate = np.where(certain, 0.5, draft_acceptance_rate)
    return np.where(certain, tokens, (1.0 - rate**tokens) / (1.0 - rate))


@performance_function(
    formula="routed_experts * (1 - (1 - routing_fraction) ^ (decoding_sequences * (draft_tokens + bonus)))",
    citation="the occupancy problem, exact for balanced routing; used in Epoch AI's inference economics model (2025)",
    constants={"bonus": _BONUS, "one": _ONE},
    validity=(Validity("routing_fraction", 0.0, 1.0, "a token cannot use more experts than there are"),),
    assumes=("drafted tokens are routed independently; tokens of one text are more alike, so fewer experts are read",),
    increasing=("routed_experts", "routing_fraction", "decoding_sequences", "draft_tokens"),
    examples=(
        Example(
            {"routed_experts": 8.0, "routing_fraction": 0.25, "decoding_sequences": 1.0, "draft_tokens": 3.0},
            5.46875,
            1e-12,
            "by hand: four tokens of one sequence, 8 * (1 - 0.75^4)",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def verified_distinct_experts(
    routed_experts: Annotated[Array, "1"],
    routing_fraction: Annotated[Array, "1"],
    decoding_sequences: Annotated[Array, "sequence"],
    draft_tokens: Annotated[Array, "1"],
    *,
    bonus: float,
    one: float,
) -> Annotated[Array, "1"]:
    """Experts of a layer that one verification step reads."""
    return routed_experts * used_fraction(decoding_sequences * (draft_tokens + bonus), routing_fraction, one)


@performance_function(
    formula="(dense_weight_read_time + expert_weight_read_time * verified_distinct_experts / routed_experts)"
    " / (dense_weight_read_time + expert_weight_read_time * expected_distinct_experts / routed_experts)",
    citation=_LEVIATHAN,
    assumes=("the step waits for its weights, before and with the draft; no pipeline stages",),
    increasing=("verified_distinct_experts",),
    decreasing=("expected_distinct_experts",),
    examples=(
        Example(
            {
                "dense_weight_read_time": 1e-3,
                "expert_weight_read_time": 16e-3,
                "verified_distinct_experts": 5.46875,
                "expected_distinct_experts": 2.0,
                "routed_experts": 8.0,
            },
            2.3875,
            1e-12,
            "by hand: 11.9375 ms over 5 ms",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def verification_cost_ratio(
    dense_weight_read_time: Annotated[Array, "s"],
    expert_weight_read_time: Annotated[Array, "s"],
    verified_distinct_experts: Annotated[Array, "1"],
    expected_distinct_experts: Annotated[Array, "1"],
    routed_experts: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Time to read the weights of a verification step, over that of a step without a draft."""
    verified = dense_weight_read_time + expert_weight_read_time * verified_distinct_experts / routed_experts
    plain = dense_weight_read_time + expert_weight_read_time * expected_distinct_experts / routed_experts
    return verified / plain


@performance_function(
    formula="tokens_per_verification / (draft_tokens * draft_cost_ratio + verification_cost_ratio),"
    " verification_cost_ratio = 1 for a dense model",
    citation=_LEVIATHAN,
    constants={"unchanged": Constant(1.0, "1", f"{_LEVIATHAN}: verifying takes as long as a step without a draft")},
    optional=("verification_cost_ratio",),
    assumes=("memory binds: at large batches the arithmetic of the draft is not free",),
    increasing=("tokens_per_verification",),
    decreasing=("draft_tokens", "draft_cost_ratio", "verification_cost_ratio"),
    examples=(
        Example(
            {
                "tokens_per_verification": 3.3616,
                "draft_tokens": 4.0,
                "draft_cost_ratio": 0.1,
                "verification_cost_ratio": float("nan"),
            },
            2.401,
            1e-4,
            "by hand: 3.3616 / 1.4",
        ),
    ),
)
def speculative_speedup(
    tokens_per_verification: Annotated[Array, "1"],
    draft_tokens: Annotated[Array, "1"],
    draft_cost_ratio: Annotated[Array, "1"],
    verification_cost_ratio: Annotated[Array, "1"],
    *,
    unchanged: float,
) -> Annotated[Array, "1"]:
    """How many times as fast a stream gets its tokens with a draft."""
    verification = np.where(np.isnan(verification_cost_ratio), unchanged, verification_cost_ratio)
    return tokens_per_verification / (draft_tokens * draft_cost_ratio + verification)
