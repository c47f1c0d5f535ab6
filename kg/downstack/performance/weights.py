r"""How many bytes the weights of a model fill.

Every weight is stored once; in a mixture of experts the routed experts are often quantised further than the rest.

.. math::

    W = P_{total} b_w \qquad W_{MoE} = (P_{total} - P_{experts}) b_w + P_{experts} b_e
"""

from __future__ import annotations

from typing import Annotated, Any

from downstack.performance.citations import DEFINITION, SCALING_BOOK
from downstack.performance.declare import Array, Example, Validity, performance_function

_WIDTHS = "weights are stored in 2 to 32 bit, block scales included"


def _experts_are_a_part(
    total_parameters: Array,
    expert_parameters: Array,
    bytes_per_parameter: Array,
    bytes_per_expert_parameter: Array,
) -> Any:
    del bytes_per_parameter, bytes_per_expert_parameter
    return total_parameters >= expert_parameters


@performance_function(
    returns="weight_bytes",
    formula="total_parameters * bytes_per_parameter",
    citation=SCALING_BOOK,
    validity=(Validity("bytes_per_parameter", 0.25, 4.0, _WIDTHS),),
    assumes=("all weights have the same width",),
    increasing=("total_parameters", "bytes_per_parameter"),
    examples=(
        Example(
            {"total_parameters": 13e9, "bytes_per_parameter": 2.0},
            26e9,
            1e-12,
            "How to Scale Your Model, inference: Llama 2-13B in bfloat16 is 26 GB",
        ),
    ),
    applies_to={"model": "DenseModel"},
)
def weight_bytes_dense(
    total_parameters: Annotated[Array, "1"],
    bytes_per_parameter: Annotated[Array, "byte"],
) -> Annotated[Array, "byte"]:
    """Bytes of all weights of a dense model."""
    return total_parameters * bytes_per_parameter


@performance_function(
    returns="weight_bytes",
    formula="(total_parameters - expert_parameters) * bytes_per_parameter"
    " + expert_parameters * bytes_per_expert_parameter",
    citation=DEFINITION,
    validity=(
        Validity("bytes_per_parameter", 0.25, 4.0, _WIDTHS),
        Validity("bytes_per_expert_parameter", 0.25, 4.0, _WIDTHS),
    ),
    feasible=_experts_are_a_part,
    infeasible_reason="the routed experts have more weights than the whole model",
    assumes=("the routed experts have one width, everything else another",),
    increasing=("total_parameters", "bytes_per_parameter", "bytes_per_expert_parameter"),
    examples=(
        Example(
            {
                "total_parameters": 116788838400.0,
                "expert_parameters": 114661785600.0,
                "bytes_per_parameter": 2.0,
                "bytes_per_expert_parameter": 0.53125,
            },
            65168179200.0,
            1e-12,
            "gpt-oss-120b by hand: 2127052800 * 2 + 114661785600 * 4.25 / 8 (MXFP4 with its block scales)",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def weight_bytes_mixture(
    total_parameters: Annotated[Array, "1"],
    expert_parameters: Annotated[Array, "1"],
    bytes_per_parameter: Annotated[Array, "byte"],
    bytes_per_expert_parameter: Annotated[Array, "byte"],
) -> Annotated[Array, "byte"]:
    """Bytes of all weights of a mixture of experts, the routed experts with a width of their own."""
    other_parameters = total_parameters - expert_parameters
    return other_parameters * bytes_per_parameter + expert_parameters * bytes_per_expert_parameter
