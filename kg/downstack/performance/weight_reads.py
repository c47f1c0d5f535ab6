r"""How many bytes of weights a step has to read.

.. math::

    W_d = (N_d - d\,V)\,b + 2\,\mathrm{byte} \cdot d\,V \qquad W_e = N_e\,b_e

`d V` weights of the output head stay in BF16 in checkpoints of narrow formats.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import MIXTURE_OF_EXPERTS, ROOFLINE
from downstack.performance.declare import Array, Constant, Example, performance_function

_HEAD = Constant(2.0, "byte", "checkpoints in narrow formats keep the output head in BF16")


@performance_function(
    formula="(dense_matmul_parameters - hidden_size * vocabulary_size) * bytes_per_parameter"
    " + hidden_size * vocabulary_size * head_bytes",
    citation=ROOFLINE,
    constants={"head_bytes": _HEAD},
    only_positive="a model has weights beside its output head",
    increasing=("dense_matmul_parameters",),
    examples=(
        Example(
            {
                "dense_matmul_parameters": 7.5e9,
                "hidden_size": 4096.0,
                "vocabulary_size": 128256.0,
                "bytes_per_parameter": 1.0,
            },
            8025336576.0,
            1e-12,
            "by hand: 6.975 GB and 2 * 0.525 GB",
        ),
    ),
)
def dense_weight_bytes_read(
    dense_matmul_parameters: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    vocabulary_size: Annotated[Array, "1"],
    bytes_per_parameter: Annotated[Array, "byte"],
    *,
    head_bytes: float,
) -> Annotated[Array, "byte"]:
    """Bytes of weights that every step reads, whatever experts it uses."""
    head = hidden_size * vocabulary_size
    return (dense_matmul_parameters - head) * bytes_per_parameter + head * head_bytes


@performance_function(
    formula="expert_parameters * bytes_per_expert_parameter",
    citation=MIXTURE_OF_EXPERTS,
    increasing=("expert_parameters", "bytes_per_expert_parameter"),
    examples=(Example({"expert_parameters": 1e9, "bytes_per_expert_parameter": 0.5625}, 562.5e6, 1e-12, "by hand"),),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def routed_weight_bytes(
    expert_parameters: Annotated[Array, "1"], bytes_per_expert_parameter: Annotated[Array, "byte"]
) -> Annotated[Array, "byte"]:
    """Bytes of all routed experts."""
    return expert_parameters * bytes_per_expert_parameter
