"""The configurations that a question looks at: platforms x layouts x weight formats x cache formats x batches."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from downstack.engine.deployments.formats import CACHE_FORMATS, CacheFormat, WeightFormat
from downstack.errors import UserInputError

Kind = TypeVar("Kind", bound=np.generic)

MAX_ACCELERATORS = 1024
"""Chips of one copy of a model that may be asked for."""
MAX_CONFIGURATIONS = 50_000_000
"""Configurations of one question; a larger space is refused with what to narrow."""
LARGEST_BATCH = 4096
STEPS_PER_DOUBLING = 8
STAGES = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the chips of a copy share the model."""

    tensor_parallel: int
    pipeline_parallel: int
    expert_parallel: int

    @property
    def accelerators(self) -> int:
        """Chips of the copy."""
        return self.pipeline_parallel * max(self.tensor_parallel, self.expert_parallel)


@dataclass(frozen=True, slots=True)
class Space:
    """All configurations of a question, as the product of its axes."""

    platforms: tuple[str, ...]
    layouts: tuple[Layout, ...]
    weights: tuple[WeightFormat, ...]
    caches: tuple[CacheFormat, ...]
    batches: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """The length of each axis."""
        return len(self.platforms), len(self.layouts), len(self.weights), len(self.caches), len(self.batches)

    @property
    def size(self) -> int:
        """The number of configurations."""
        return int(np.prod(self.shape, dtype=np.int64))

    def configuration(self, place: int) -> Configuration:
        """Return one configuration by its position in the product."""
        platform, layout, weights, cache, batch = (int(item) for item in np.unravel_index(place, self.shape))
        return Configuration(
            self.platforms[platform],
            self.layouts[layout],
            self.weights[weights],
            self.caches[cache],
            self.batches[batch],
        )

    def larger_batch(self, place: int) -> int | None:
        """Return the position of the same configuration with the next larger batch; None at the largest."""
        return place + 1 if (place + 1) % len(self.batches) else None


@dataclass(frozen=True, slots=True)
class Configuration:
    """One way to serve a model."""

    platform: str
    layout: Layout
    weights: WeightFormat
    cache: CacheFormat
    batch: int


def powers_of_two(limit: int) -> tuple[int, ...]:
    """Return 1, 2, 4... up to a limit."""
    return tuple(2**power for power in range(limit.bit_length()) if 2**power <= limit)


def batches(largest: int = LARGEST_BATCH) -> tuple[int, ...]:
    """Return the batches to look at: all small ones, then eight in each doubling."""
    steps = np.arange(0, np.log2(largest) * STEPS_PER_DOUBLING + 1) / STEPS_PER_DOUBLING
    return tuple(int(item) for item in np.unique(np.round(2.0**steps)))


def layouts(max_accelerators: int, *, experts: bool) -> tuple[Layout, ...]:
    """Return the layouts of up to so many chips.

    Sizes are powers of two. Experts are either split like other matrices (expert parallelism one) or shared out among all
    chips of a stage, which is then one or several groups of tensor-parallel chips.
    """
    found = []
    for tensor, stages in product(powers_of_two(max_accelerators), STAGES):
        wide = powers_of_two(max_accelerators // stages) if experts else ()
        for expert in (1, *(item for item in wide if item >= max(tensor, 2))):
            layout = Layout(tensor, stages, expert)
            if layout.accelerators <= max_accelerators:
                found.append(layout)
    return tuple(sorted(found, key=lambda item: (item.accelerators, item.pipeline_parallel, item.expert_parallel)))


def lay_out(
    platforms: tuple[str, ...], weights: tuple[WeightFormat, ...], max_accelerators: int, *, experts: bool
) -> Space:
    """Return the space of a question.

    Raises
    ------
    UserInputError
        If the number of chips is out of range or the space is too large.
    """
    if not 1 <= max_accelerators <= MAX_ACCELERATORS:
        raise UserInputError(
            f"{max_accelerators} accelerators for one copy of a model",
            field="limits.maxAccelerators",
            hint=f"ask for 1 to {MAX_ACCELERATORS}",
        )
    space = Space(platforms, layouts(max_accelerators, experts=experts), weights, CACHE_FORMATS, batches())
    if space.size > MAX_CONFIGURATIONS:
        raise UserInputError(
            f"{space.size:,} configurations are more than the {MAX_CONFIGURATIONS:,} of one question",
            field="where",
            hint="allow fewer accelerators, or narrow accelerator or offering",
        )
    return space


def axis(values: npt.NDArray[Kind], place: int) -> npt.NDArray[Kind]:
    """Return the values of one axis, shaped to broadcast against the others."""
    return values.reshape([-1 if index == place else 1 for index in range(5)])
