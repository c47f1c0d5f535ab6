r"""How many different experts the tokens of one step use.

Each token picks `k` of `E` experts; the more tokens in a step, the more experts have to be read from memory, until all
are. With balanced, independent routing an expert is missed by all `T` tokens with probability :math:`(1 - k/E)^T`.

.. math::

    U(T) = E\,(1 - (1 - k/E)^T)

In a pipeline of `p` stages each stage sees :math:`T/p` of the tokens at a time.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import DEFINITION
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_OCCUPANCY = "the occupancy problem, exact for balanced routing; used in Epoch AI's inference economics model (2025)"
_ONE_TOKEN = Constant(1.0, "sequence", "in a decode step each sequence sends one token to the router")
_ROUTING = "routing is balanced and tokens are routed independently; tokens of one text are more alike"


def used_fraction(sequences: Array, routing_fraction: Array, one_token: float) -> Array:
    """Return the share of the experts that at least one of the sequences uses in a step."""
    unused: Array = (1.0 - routing_fraction) ** (sequences / one_token)
    return 1.0 - unused


def share_of_one_stage(share: Array, pipeline_parallel: Array) -> Array:
    """Return the share of experts that the sequences of one pipeline stage use, of the share that all sequences use.

    With `p` stages the sequences stand in `p` equal groups; the share that one draw misses is the p-th root of what all
    draws miss.
    """
    # More experts in use than there are is a mistake elsewhere; a root of what is then missed does not exist.
    missed = np.maximum(1.0 - share, 0.0 * share)
    return np.where(pipeline_parallel == 1.0, share, 1.0 - missed ** (1.0 / pipeline_parallel))


@performance_function(
    formula="experts_per_token / routed_experts",
    citation=DEFINITION,
    increasing=("experts_per_token",),
    decreasing=("routed_experts",),
    examples=(Example({"experts_per_token": 8.0, "routed_experts": 256.0}, 0.03125, 1e-12, "by hand: 8 / 256"),),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def routing_fraction(
    experts_per_token: Annotated[Array, "1"],
    routed_experts: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Share of the routed experts that one token is sent to."""
    return experts_per_token / routed_experts


@performance_function(
    formula="routed_experts * (1 - (1 - routing_fraction) ^ decoding_sequences)",
    citation=_OCCUPANCY,
    constants={"one_token": _ONE_TOKEN},
    validity=(Validity("routing_fraction", 0.0, 1.0, "a token cannot use more experts than there are"),),
    assumes=(_ROUTING,),
    increasing=("routed_experts", "routing_fraction", "decoding_sequences"),
    examples=(
        Example(
            {"routed_experts": 8.0, "routing_fraction": 0.25, "decoding_sequences": 1.0},
            2.0,
            1e-12,
            "one token uses exactly k experts",
        ),
        Example(
            {"routed_experts": 8.0, "routing_fraction": 0.25, "decoding_sequences": 4.0},
            5.46875,
            1e-12,
            "by hand: 8 * (1 - 0.75^4)",
        ),
        Example(
            {"routed_experts": 256.0, "routing_fraction": 0.03125, "decoding_sequences": 32.0},
            163.31,
            1e-4,
            "by hand: 256 * (1 - (31/32)^32)",
        ),
        Example(
            {"routed_experts": 256.0, "routing_fraction": 0.03125, "decoding_sequences": 128.0},
            251.60,
            1e-4,
            "by hand: 256 * (1 - (31/32)^128)",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def expected_distinct_experts(
    routed_experts: Annotated[Array, "1"],
    routing_fraction: Annotated[Array, "1"],
    decoding_sequences: Annotated[Array, "sequence"],
    *,
    one_token: float,
) -> Annotated[Array, "1"]:
    """Experts of a layer that are read in one decode step at the workload's reference concurrency."""
    return routed_experts * used_fraction(decoding_sequences, routing_fraction, one_token)


@performance_function(
    formula="1 - (1 - routing_fraction) ^ (1 / pipeline_parallel)",
    citation=_OCCUPANCY,
    validity=(Validity("routing_fraction", 0.0, 1.0, "a token cannot use more experts than there are"),),
    assumes=("the sequences of a batch stand evenly in the pipeline stages",),
    increasing=("routing_fraction",),
    decreasing=("pipeline_parallel",),
    examples=(
        Example({"routing_fraction": 0.03125, "pipeline_parallel": 1.0}, 0.03125, 1e-12, "one stage sees all tokens"),
        Example({"routing_fraction": 0.4375, "pipeline_parallel": 2.0}, 0.25, 1e-12, "by hand: 1 - sqrt(0.5625)"),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def stage_routing_fraction(
    routing_fraction: Annotated[Array, "1"],
    pipeline_parallel: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Share of the experts of a layer that each sequence of the whole batch adds to a step of one pipeline stage."""
    return share_of_one_stage(routing_fraction, pipeline_parallel)
