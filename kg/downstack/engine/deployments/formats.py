"""The number formats that weights and caches may be served in, and what each asks of a chip."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WeightFormat:
    """A number format of weights."""

    name: str
    bytes_per_parameter: float
    """Storage of one weight, block scales included; NaN: what the publisher ships."""
    operand_bytes: float
    """Width of the numbers that are multiplied; NaN: what the formulas take for the stored width."""
    integer: bool
    rate: str
    """The quantity that must be a fact of the chip."""
    source: str


@dataclass(frozen=True, slots=True)
class CacheFormat:
    """A number format of cached keys and values."""

    name: str
    bytes_per_element: float
    source: str


PUBLISHED = WeightFormat(
    "published", math.nan, math.nan, False, "peak_flops_bf16_dense", "the widths that the publisher ships"
)
WEIGHT_FORMATS = (
    WeightFormat("bf16", 2.0, 2.0, False, "peak_flops_bf16_dense", "bfloat16: 16 bit"),
    WeightFormat(
        "fp8", 1.0, 1.0, False, "peak_flops_fp8_dense", "Micikevicius et al.: FP8 Formats, arXiv 2209.05433: 8 bit"
    ),
    WeightFormat("int8", 1.0, 1.0, True, "peak_flops_int8_dense", "8-bit integers, scales of rows and columns aside"),
    WeightFormat(
        "fp4",
        0.53125,
        0.5,
        False,
        "peak_flops_fp4_dense",
        "OCP Microscaling Formats 1.0, MXFP4: 4 bit and an 8-bit scale for each 32 numbers",
    ),
)
"""Formats that all weights of a model are brought to."""

CACHE_FORMATS = (
    CacheFormat("bf16", 2.0, "bfloat16: 16 bit"),
    CacheFormat("fp8", 1.0, "vLLM, quantised KV cache: 8 bit, scales of whole tensors aside"),
)


def weight_formats(stored: float, stored_experts: float) -> tuple[WeightFormat, ...]:
    """Return the formats to look at for a model whose publisher ships these widths.

    What is shipped is a format of its own only where it is not one of the others: experts narrower than the rest.
    """
    same = shipped(stored, stored_experts) is not PUBLISHED
    return WEIGHT_FORMATS if same or math.isnan(stored) else (PUBLISHED, *WEIGHT_FORMATS)


def shipped(stored: float, stored_experts: float) -> WeightFormat:
    """Return the format that the publisher ships: one of the others where all weights have its width."""
    return next(
        (
            item
            for item in WEIGHT_FORMATS
            if item.bytes_per_parameter == stored
            and (math.isnan(stored_experts) or item.bytes_per_parameter == stored_experts)
        ),
        PUBLISHED,
    )
