r"""How far scale-up links reach, and whether a group of tensor-parallel chips lies within.

Such a group exchanges in every layer; over a slower network this would take longer than the layer, so layouts beyond the links
are refused and not extrapolated.

.. math::

    R = \max(n_{instance}, [D > 8]\,D) \qquad n \le R

`D` chips of the scale-up domain, `n` tensor-parallel chips.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import SERVER_BOARD, TENSOR_PARALLEL
from downstack.performance.declare import Array, Constant, Example, performance_function

_SERVER = Constant(8.0, "chip", SERVER_BOARD)
_ONE_CHIP = Constant(1.0, "chip", "where nothing is known of its links, a chip stands alone")
_UNKNOWN = float("nan")


@performance_function(
    formula="max(accelerators_per_instance, scaleup_domain_size if scaleup_domain_size > server);"
    " what is known of the two, and one chip where neither is",
    citation=SERVER_BOARD,
    constants={"server": _SERVER, "one_chip": _ONE_CHIP},
    assumes=(
        "chips of one instance are joined by scale-up links; chips of several instances only where the scale-up domain is"
        " larger than a server, and then the instances stand in one domain",
        "where neither the instance nor the domain is known, no two chips are joined",
    ),
    optional=("accelerators_per_instance", "scaleup_domain_size"),
    examples=(
        Example({"accelerators_per_instance": 8.0, "scaleup_domain_size": 8.0}, 8.0, 1e-12, "a server of eight H100"),
        Example({"accelerators_per_instance": 1.0, "scaleup_domain_size": 8.0}, 1.0, 1e-12, "one H100 of a server"),
        Example({"accelerators_per_instance": 4.0, "scaleup_domain_size": 72.0}, 72.0, 1e-12, "GB200 NVL72"),
        Example({"accelerators_per_instance": _UNKNOWN, "scaleup_domain_size": 8.0}, 8.0, 1e-12, "an own server"),
        Example({"accelerators_per_instance": 4.0, "scaleup_domain_size": _UNKNOWN}, 4.0, 1e-12, "the instance"),
        Example({"accelerators_per_instance": _UNKNOWN, "scaleup_domain_size": _UNKNOWN}, 1.0, 1e-12, "unknown"),
    ),
)
def scaleup_reach(
    accelerators_per_instance: Annotated[Array, "chip"],
    scaleup_domain_size: Annotated[Array, "chip"],
    *,
    server: float,
    one_chip: float,
) -> Annotated[Array, "chip"]:
    """Chips that scale-up links join, as a tenant of the offering can count on."""
    beyond = np.where(scaleup_domain_size > server, scaleup_domain_size, accelerators_per_instance)
    known = np.fmax(accelerators_per_instance, beyond)
    alone = np.fmax(scaleup_domain_size, one_chip)
    return np.where(np.isnan(accelerators_per_instance), alone, known)


def _within_reach(tensor_parallel: Array, scaleup_reach: Array) -> Any:
    return tensor_parallel <= scaleup_reach


@performance_function(
    formula="tensor_parallel / scaleup_reach",
    citation=TENSOR_PARALLEL,
    feasible=_within_reach,
    infeasible_reason="the tensor-parallel chips are not all joined by scale-up links",
    increasing=("tensor_parallel",),
    decreasing=("scaleup_reach",),
    examples=(Example({"tensor_parallel": 4.0, "scaleup_reach": 8.0}, 0.5, 1e-12, "half of a server"),),
)
def tensor_parallel_share_of_reach(
    tensor_parallel: Annotated[Array, "chip"], scaleup_reach: Annotated[Array, "chip"]
) -> Annotated[Array, "1"]:
    """Share of the chips that scale-up links join which one group of tensor-parallel chips takes."""
    return tensor_parallel / scaleup_reach
