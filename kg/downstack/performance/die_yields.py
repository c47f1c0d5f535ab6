r"""What part of the dies works.

A defect kills the die that it falls on. With `x` defects on a die on average, the models differ in how the defects
gather: not at all (Poisson), or so that the density itself varies over the wafer, in a triangle (Murphy), exponentially
(Seeds) or with a gamma distribution (negative binomial, which holds Poisson and Seeds as its limits).

.. math::

    x = A D_0 \qquad Y = (1 + x/\alpha)^{-\alpha} \qquad
    Y_{Poisson} = e^{-x} \qquad Y_{Murphy} = \left(\frac{1-e^{-x}}{x}\right)^2 \qquad Y_{Seeds} = \frac{1}{1+x}

`A` area of the die, :math:`D_0` defects per area, :math:`\alpha` clustering: the smaller, the more they gather. Parts of
a die may be switched off and the die sold all the same: :math:`Y_{sold} = Y + s (1 - Y)` with a share `s` saved.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import (
    CLUSTERED_YIELD,
    COMPOUND_YIELD,
    DIE_COST,
    POISSON_YIELD,
    SEEDS_YIELD,
)
from downstack.performance.declare import Array, Example, Validity, performance_function

_COURSE = "Leachman, IEOR 130, solutions of homework 4"
_ONLY_DEFECTS = "only random defects: no losses from the process itself, from design or in tests"


@performance_function(
    formula="logic_die_area * defect_density",
    citation=DIE_COST,
    assumes=("every defect kills the die that it falls on: the whole area is critical",),
    increasing=("logic_die_area", "defect_density"),
    examples=(
        Example(
            {"logic_die_area": 100e-6, "defect_density": 1000.0}, 0.1, 1e-12, "by hand: 1 cm^2 at 0.1 defects/cm^2"
        ),
    ),
)
def defects_per_die(
    logic_die_area: Annotated[Array, "m^2"], defect_density: Annotated[Array, "1/m^2"]
) -> Annotated[Array, "1"]:
    """Defects on one die on average."""
    return logic_die_area * defect_density


@performance_function(
    formula="(1 + defects_per_die / defect_clustering) ** -defect_clustering",
    citation=CLUSTERED_YIELD,
    assumes=(_ONLY_DEFECTS, "a die with any defect counts as lost"),
    validity=(Validity("defect_clustering", 0.3, 100.0, "below, defects gather more than was ever measured"),),
    decreasing=("defects_per_die", "defect_clustering"),
    examples=(
        Example({"defects_per_die": 0.814, "defect_clustering": 3.0}, 0.487, 1e-3, "by hand: (1 + 0.814 / 3)^-3"),
        Example({"defects_per_die": 1.0, "defect_clustering": 1.0}, 0.5, 1e-12, f"{_COURSE}: Seeds is alpha = 1"),
    ),
)
def die_yield(
    defects_per_die: Annotated[Array, "1"], defect_clustering: Annotated[Array, "1"]
) -> Annotated[Array, "1"]:
    """Share of the dies without a defect, when defects gather: the model that the industry calculates with."""
    return (1.0 + defects_per_die / defect_clustering) ** -defect_clustering


@performance_function(
    formula="exp(-defects_per_die)",
    citation=POISSON_YIELD,
    assumes=(_ONLY_DEFECTS, "defects do not gather; large dies fare better than this"),
    decreasing=("defects_per_die",),
    examples=(Example({"defects_per_die": 0.5}, 0.6065, 1e-4, _COURSE),),
)
def die_yield_poisson(defects_per_die: Annotated[Array, "1"]) -> Annotated[Array, "1"]:
    """Share of the dies without a defect, when defects fall independently."""
    return np.exp(-defects_per_die)


@performance_function(
    formula="((1 - exp(-defects_per_die)) / defects_per_die) ** 2",
    citation=COMPOUND_YIELD,
    assumes=(_ONLY_DEFECTS, "the density of defects varies over the wafer in a triangle"),
    decreasing=("defects_per_die",),
    examples=(Example({"defects_per_die": 0.5}, 0.6193, 1e-4, _COURSE),),
)
def die_yield_murphy(defects_per_die: Annotated[Array, "1"]) -> Annotated[Array, "1"]:
    """Share of the dies without a defect by the model of Murphy."""
    return (-np.expm1(-defects_per_die) / defects_per_die) ** 2


@performance_function(
    formula="1 / (1 + defects_per_die)",
    citation=SEEDS_YIELD,
    assumes=(_ONLY_DEFECTS, "the density of defects varies over the wafer exponentially"),
    decreasing=("defects_per_die",),
    examples=(Example({"defects_per_die": 0.5}, 0.6667, 1e-4, _COURSE),),
)
def die_yield_seeds(defects_per_die: Annotated[Array, "1"]) -> Annotated[Array, "1"]:
    """Share of the dies without a defect by the model of Seeds."""
    return 1.0 / (1.0 + defects_per_die)


@performance_function(
    formula="die_yield + die_salvage_share * (1 - die_yield); die_yield where no share is stated",
    citation=DIE_COST,
    assumes=("where no share is stated, no die with a defect is sold",),
    validity=(
        Validity("die_yield", 0.0, 1.0, "a share of the dies"),
        Validity("die_salvage_share", 0.0, 1.0, "a share of the dies with defects"),
    ),
    optional=("die_salvage_share",),
    increasing=("die_yield", "die_salvage_share"),
    examples=(
        Example({"die_yield": 0.5, "die_salvage_share": 0.6}, 0.8, 1e-12, "by hand: 0.5 + 0.6 * 0.5"),
        Example({"die_yield": 0.5, "die_salvage_share": float("nan")}, 0.5, 1e-12, "by hand: nothing is saved"),
    ),
)
def sellable_die_yield(
    die_yield: Annotated[Array, "1"], die_salvage_share: Annotated[Array, "1"]
) -> Annotated[Array, "1"]:
    """Share of the dies that can be sold, those with parts switched off included."""
    return die_yield + np.where(np.isnan(die_salvage_share), 0.0, die_salvage_share) * (1.0 - die_yield)
