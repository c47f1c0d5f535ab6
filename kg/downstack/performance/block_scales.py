r"""What a number really takes when a block of numbers shares a scale.

.. math::

    b_{eff} = b + s / g
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.declare import Array, Example, performance_function

_MX = "Open Compute Project: Microscaling Formats (MX) Specification v1.0, 2023"


def _bits(element: float, scale: float, group: float) -> dict[str, float]:
    return {"element_width": element / 8.0, "scale_width": scale / 8.0, "scale_group_size": group}


@performance_function(
    formula="element_width + scale_width / scale_group_size",
    citation=_MX,
    assumes=("zero points and scales of scales are left out",),
    increasing=("element_width", "scale_width"),
    decreasing=("scale_group_size",),
    examples=(
        Example(_bits(4.0, 8.0, 32.0), 4.25 / 8.0, 1e-12, f"{_MX}: MXFP4, 4.25 bit"),
        Example(_bits(4.0, 8.0, 16.0), 4.5 / 8.0, 1e-12, "NVIDIA NVFP4: an FP8 scale for 16 elements, 4.5 bit"),
        Example(_bits(4.0, 16.0, 128.0), 4.125 / 8.0, 1e-12, "GPTQ in groups of 128 with a 16-bit scale, 4.125 bit"),
    ),
)
def effective_element_width(
    element_width: Annotated[Array, "byte"],
    scale_width: Annotated[Array, "byte"],
    scale_group_size: Annotated[Array, "1"],
) -> Annotated[Array, "byte"]:
    """Bytes of one number with its part of the scale."""
    return element_width + scale_width / scale_group_size
