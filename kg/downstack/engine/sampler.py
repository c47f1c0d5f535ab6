"""How many samples a question may have, and the blocks in which they are computed so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from downstack.deadline import checkpoint
from downstack.engine.engine import Engine
from downstack.engine.plan import Plan
from downstack.engine.sampling import sampled_plan, varying_quantities
from downstack.engine.spread import Directions
from downstack.engine.stages import stage
from downstack.errors import UserInputError
from downstack.performance.declare import Array

MAX_SAMPLES = 10_000
MAX_WORK = 200_000_000
"""Numbers that one question may compute for each pair of runs: samples times the rows of all steps that vary."""
MAX_KEPT = 8_000_000
"""Numbers that one question may keep until their percentiles are taken (64 MB)."""
BLOCK_BYTES = 64_000_000
_LEAST = 4
"""Samples of a block at least: one sample alone does not show what varies."""
_NUMBER_BYTES = 40
"""What one number of one run holds in a block: value, formula value, error, status, regime, temporaries of a formula."""

Progress = Callable[[int, int], None]
"""What is told how much is done, of how much."""
Measure = Callable[[Plan, int], Mapping[str, Array]]
"""What is looked at in a plan of so many samples: by name, rows x samples, or rows x 1 where no sample differs."""


def check_samples(samples: int) -> None:
    """Refuse a number of samples that no question may have.

    Raises
    ------
    UserInputError
        If it is below one or above :data:`MAX_SAMPLES`.
    """
    if not 1 <= samples <= MAX_SAMPLES:
        raise UserInputError(
            f"{samples} samples are not between 1 and {MAX_SAMPLES}",
            field="samples",
            hint="2000 give percentiles that are steady to about one per cent of the width of the band",
        )


@dataclass(frozen=True, slots=True)
class Sampler:
    """The samples of one question on one plan."""

    engine: Engine
    plan: Plan
    samples: int
    seed: int = 0
    runs: int = 2
    """How many runs a sample takes: base and scenarios."""
    block_bytes: int = BLOCK_BYTES
    progress: Progress | None = None
    """Is told, block by block, how many of the samples are done."""

    @property
    def per_sample(self) -> int:
        """Numbers that one run of one sample computes."""
        return sum(self.plan.by_quantity[name].rows for name in varying_quantities(self.engine, self.plan))

    def check(self, repeats: int = 1) -> None:
        """Refuse more samples than one question may have, or than one of this many rows and runs.

        Parameters
        ----------
        repeats
            How often all samples are computed.

        Raises
        ------
        UserInputError
            With how many samples fit.
        """
        check_samples(self.samples)
        work = self.per_sample * self.runs * repeats
        if work * self.samples > 2 * MAX_WORK:
            raise too_many(self.samples, 2 * MAX_WORK // work)

    def blocks(self, directions: Directions | None = None) -> Iterator[tuple[slice, Plan]]:
        """Yield the samples piece by piece: which ones, and the plan of them."""
        block = max(_LEAST, self.block_bytes // (self.runs * _NUMBER_BYTES * max(1, self.per_sample)))
        edges = np.linspace(0, self.samples, -(-self.samples // block) + 1).astype(np.int64).tolist()
        for start, stop in pairwise(edges):
            make = partial(sampled_plan, self.plan, self.samples, self.seed, start, stop, directions)
            if directions is None:
                yield (
                    slice(start, stop),
                    self.engine.samples.plan(self.plan, self.samples, self.seed, start, stop, make),
                )
            else:
                yield slice(start, stop), make()

    def collect(self, measure: Measure, directions: Directions | None = None) -> dict[str, Array]:
        """Return what is measured in all samples; what no sample changes has one column.

        Raises
        ------
        UserInputError
            If that is more than may be kept.
        """
        kept: dict[str, Array] = {}
        for part, plan in self.blocks(directions):
            checkpoint()
            with stage("sample"):
                found = measure(plan, part.stop - part.start)
            if not kept:
                kept = self._room(found)
            for name, values in found.items():
                kept[name][:, part if kept[name].shape[1] > 1 else slice(None)] = values
            if self.progress is not None:
                self.progress(part.stop, self.samples)
        return kept

    def _room(self, found: Mapping[str, Array]) -> dict[str, Array]:
        shapes = {name: (len(values), self.samples if values.shape[1] > 1 else 1) for name, values in found.items()}
        rows = sum(count for count, width in shapes.values() if width > 1)
        if rows * self.samples > MAX_KEPT:
            raise too_many(self.samples, MAX_KEPT // rows)
        return {name: np.full(shape, np.nan) for name, shape in shapes.items()}


def too_many(samples: int, possible: int) -> UserInputError:
    """Return the refusal of more samples than a question has room for, with how many fit."""
    hint = "narrow the question with where, or name fewer targets"
    return UserInputError(
        f"{samples} samples are too many for the combinations of this question",
        field="samples",
        hint=f"{hint}; as it is, at most {possible} fit" if possible else hint,
    )
