r"""How many dies one wafer holds.

The area of the wafer over that of a die, less the dies that the edge cuts. One exposure prints at most a field of 26 mm
by 33 mm, so that an area beyond it is that of several dies.

.. math::

    A = \frac{A_{stated}}{n} \qquad
    N = \frac{\pi (d/2)^2}{A} - \frac{\pi d}{\sqrt{2 A}} \qquad
    N_{Flynn} = \frac{\pi}{4 A} \left(d - \sqrt{A}\right)^2

`d` diameter of the wafer, `A` area of one die, `n` dies that share the stated area.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import DIE_COST, EXPOSURE_FIELD, FLYNN_DIES, WAFER_300
from downstack.performance.declare import Array, Constant, Example, performance_function

_DIAMETER = Constant(0.3, "m", WAFER_300)
_FIELD = Constant(858e-6, "m^2", EXPOSURE_FIELD)
_WHOLE = "scribe lines, the exclusion at the edge and the steps of the exposure are left out"


def _one_die(die_area: Array, dies_in_stated_area: Array) -> Array:
    return np.divide(die_area, np.where(np.isnan(dies_in_stated_area), 1.0, dies_in_stated_area))


def _fits_one_exposure(die_area: Array, dies_in_stated_area: Array, exposure_field: float) -> Any:
    return ~(_one_die(die_area, dies_in_stated_area) > exposure_field)


@performance_function(
    formula="die_area / dies_in_stated_area; die_area where nothing is stated",
    citation=DIE_COST,
    constants={"exposure_field": _FIELD},
    assumes=("where the number of dies is not stated, an area that fits one exposure is that of one die",),
    optional=("dies_in_stated_area",),
    feasible=_fits_one_exposure,
    infeasible_reason="the stated area exceeds what one exposure prints, 858 mm^2, and of how many dies it is is not stated",
    increasing=("die_area",),
    decreasing=("dies_in_stated_area",),
    examples=(
        Example({"die_area": 814e-6, "dies_in_stated_area": float("nan")}, 814e-6, 1e-12, "GH100: one die"),
        Example({"die_area": 1600e-6, "dies_in_stated_area": 2.0}, 800e-6, 1e-12, "B200: 2 x about 800 mm^2"),
    ),
)
def logic_die_area(
    die_area: Annotated[Array, "m^2"],
    dies_in_stated_area: Annotated[Array, "1"],
    *,
    exposure_field: float,
) -> Annotated[Array, "m^2"]:
    """Area of one die of logic of an accelerator."""
    del exposure_field
    return _one_die(die_area, dies_in_stated_area)


@performance_function(
    formula="pi * (wafer_diameter / 2)^2 / logic_die_area - pi * wafer_diameter / sqrt(2 * logic_die_area)",
    citation=DIE_COST,
    constants={"wafer_diameter": _DIAMETER},
    assumes=(_WHOLE,),
    only_positive="the die is too large for the wafer",
    decreasing=("logic_die_area",),
    examples=(
        Example({"logic_die_area": 225e-6}, 269.7, 2e-4, "Hennessy and Patterson: 270 dies of 2.25 cm^2 on 300 mm"),
        Example({"logic_die_area": 100e-6}, 640.2, 2e-4, "Hennessy and Patterson: 640 dies of 1.00 cm^2 on 300 mm"),
    ),
)
def dies_per_wafer(logic_die_area: Annotated[Array, "m^2"], *, wafer_diameter: float) -> Annotated[Array, "1"]:
    """Whole dies on one wafer, good and bad."""
    edge = np.pi * wafer_diameter / np.sqrt(2.0 * logic_die_area)
    return np.pi * (wafer_diameter / 2.0) ** 2 / logic_die_area - edge


def _narrower_than_the_wafer(logic_die_area: Array, wafer_diameter: float) -> Any:
    return ~(np.sqrt(logic_die_area) >= wafer_diameter)


@performance_function(
    formula="pi / (4 * logic_die_area) * (wafer_diameter - sqrt(logic_die_area))^2",
    citation=FLYNN_DIES,
    constants={"wafer_diameter": _DIAMETER},
    assumes=(_WHOLE, "dies are square"),
    feasible=_narrower_than_the_wafer,
    infeasible_reason="the die is wider than the wafer",
    decreasing=("logic_die_area",),
    examples=(
        Example(
            {"logic_die_area": 100e-6},
            660.52,
            1e-4,
            "by hand: pi / 4 * (300 - 10)^2 / 100 = 660.5, 3 % more than the other rule",
        ),
    ),
)
def dies_per_wafer_flynn(logic_die_area: Annotated[Array, "m^2"], *, wafer_diameter: float) -> Annotated[Array, "1"]:
    """Whole dies on one wafer by the rule of Flynn, to compare."""
    return np.pi / (4.0 * logic_die_area) * (wafer_diameter - np.sqrt(logic_die_area)) ** 2


@performance_function(
    formula="pi * (wafer_diameter / 2)^2 / interposer_area - pi * wafer_diameter / sqrt(2 * interposer_area)",
    citation=DIE_COST,
    constants={"wafer_diameter": _DIAMETER},
    assumes=(_WHOLE, "the loss at the edge is that of small dies; for interposers it is a rough one"),
    only_positive="the interposer is too large for the wafer",
    decreasing=("interposer_area",),
    examples=(Example({"interposer_area": 1700e-6}, 25.417, 1e-3, "by hand: 70686 / 1700 - 942.5 / 58.31 = 25.4"),),
)
def interposers_per_wafer(interposer_area: Annotated[Array, "m^2"], *, wafer_diameter: float) -> Annotated[Array, "1"]:
    """Interposers, and so packages, that one wafer of a packaging line holds."""
    edge = np.pi * wafer_diameter / np.sqrt(2.0 * interposer_area)
    return np.pi * (wafer_diameter / 2.0) ** 2 / interposer_area - edge
