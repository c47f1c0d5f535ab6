"""Fit the constants of one stage on published measurements, and fit them again without each model, chip and engine.

The loss is a soft absolute error of the logarithm, so that rows that no closed form can explain do not pull the
constants, and rows of a kind whose errors are wider count for less. Each constant is held near what physics suggests by the
spread that its stage declares, and by the square of how far it goes, in the fit of all rows as in those that leave a
group out. These start from the fit of all rows: only which rows count changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from downstack.evaluation.answers import WIDE, Answer, Key, Stage
from downstack.evaluation.rows import Row

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
SCALE = 0.15
"""Error of the logarithm from which on a row counts less than by its square."""
ROWS_OF_PRIOR = 100.0
"""How many rows the physical start of a constant weighs as much as, at one spread from it."""
ROUNDS = 8
STEP = 1e-4
MOST = 100
"""Tries after which a fit ends in any case."""
MANY = 0.03
"""Share of the rows from which on leaving them out moves the constants so far that the derivatives are taken anew."""


@dataclass(frozen=True)
class Fitted:
    """What a fit found, and what it says of rows that took no part."""

    constants: dict[Key, float]
    low: dict[Key, float]
    high: dict[Key, float]
    rows: int
    ratios: dict[str, Vector]
    """Predicted over measured by what was left out; `nothing` for the fit of all rows. NaN where nothing was left out."""
    labels: dict[str, npt.NDArray[np.str_]]
    """The model, chip and engine of each row."""


class StageFit:
    """The rows of a stage and how its constants predict them."""

    def __init__(
        self,
        stage: Stage,
        rows: Sequence[Row],
        measured: Vector,
        groups: dict[str, list[str]],
        predict: Callable[[dict[Key, float]], list[Answer]],
        constants: dict[Key, float],
    ) -> None:
        self.stage, self.rows, self.groups = stage, rows, groups
        self._measured, self._predict, self._others = np.log(measured), predict, constants
        spread = stage.spread or (WIDE,) * len(stage.keys)
        self._start = np.log(stage.start)
        self._pull = 1.0 / np.array(spread)
        self._width = np.array([1.0 if stage.scatter is None else stage.scatter(row) for row in rows])

    def errors(self, at: Vector) -> Vector:
        """Return the logarithm of predicted over measured; NaN where there is no prediction."""
        trial = {**self._others, **dict(zip(self.stage.keys, np.exp(at).tolist(), strict=True))}
        values = np.array([item.value for item in self._predict(trial)])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.log(values) - self._measured

    def fit(self) -> Fitted:
        """Fit all rows, then leave out each model, chip and engine in turn."""
        at = self._found()
        slope = self._slope(at)
        ratios = {"nothing": np.exp(self.errors(at))}
        labels = {what: np.array(items) for what, items in self.groups.items()}
        tried = [at]
        for what, items in labels.items():
            ratios[what] = self._leave_out(items, at, slope, tried)
        keys = self.stage.keys
        spans = np.exp(np.stack(tried))
        return Fitted(
            dict(zip(keys, np.exp(at).tolist(), strict=True)),
            dict(zip(keys, spans.min(axis=0).tolist(), strict=True)),
            dict(zip(keys, spans.max(axis=0).tolist(), strict=True)),
            int(np.isfinite(ratios["nothing"]).sum()),
            ratios,
            labels,
        )

    def _found(self) -> Vector:
        """Return the logarithms of the constants that fit all rows best, from their starts on."""

        def residual(at: Vector) -> Vector:
            return np.append(self._scaled(at), self._prior(at, len(self.rows)))

        def loss(square: Vector) -> Vector:
            # A row that nothing explains may lie far off; a constant is held the more the farther it is from its start.
            soft = np.stack(
                [2.0 * (np.sqrt(1.0 + square) - 1.0), (1.0 + square) ** -0.5, -0.5 * (1.0 + square) ** -1.5]
            )
            plain = np.stack([square, np.ones_like(square), np.zeros_like(square)])
            told: Vector = np.where(np.arange(len(square)) < len(self.rows), soft, plain)
            return told

        # SciPy takes a function here too; what is known of its types is the name that it takes unless given.
        found: Vector = least_squares(
            residual,
            self._start,
            loss=loss,  # pyright: ignore[reportArgumentType]
            f_scale=SCALE,
            max_nfev=MOST,
        ).x
        return found

    def precision(self, at: Vector) -> Vector:
        """Return how sharply the rows, and the pull of physics, hold the logarithms of the constants together at a place."""
        error, slope = self._scaled(at), self._slope(at)
        soft = 1.0 / np.sqrt(1.0 + (error / SCALE) ** 2)
        pull = SCALE * np.sqrt(len(self.rows) / ROWS_OF_PRIOR) * self._pull
        held: Vector = slope.T @ (soft[:, None] * slope) + np.diag(pull**2)
        return held

    def _scaled(self, at: Vector) -> Vector:
        """Return the error of each row over how far its like scatter; zero where there is no prediction."""
        scaled: Vector = np.nan_to_num(self.errors(at), nan=0.0) / self._width
        return scaled

    def _slope(self, at: Vector) -> Vector:
        """Return how the scaled error of each row changes with the logarithm of each constant."""
        here = self._scaled(at)
        moved = [self._scaled(at + STEP * unit) for unit in np.eye(len(at))]
        return np.stack([(item - here) / STEP for item in moved], axis=1)

    def _prior(self, at: Vector, rows: int) -> Vector:
        # The pull of physics is worth a share of the rows of the stage, so that it neither vanishes nor rules.
        share: Vector = SCALE * np.sqrt(rows / ROWS_OF_PRIOR) * self._pull * (at - self._start)
        return share

    def _leave_out(self, labels: npt.NDArray[np.str_], at: Vector, slope: Vector, tried: list[Vector]) -> Vector:
        held: Vector = np.full(len(self.rows), np.nan)
        for label in np.unique(labels):
            kept = labels != label
            if kept.sum() <= len(self.stage.keys):
                continue
            other = self._again(kept, at, slope)
            if (~kept).mean() > MANY:
                other = self._again(kept, other, self._slope(other))
            tried.append(other)
            held[~kept] = np.exp(self.errors(other))[~kept]
        return held

    def _again(self, kept: Flags, at: Vector, slope: Vector) -> Vector:
        """Fit again with some rows, with the derivatives of the fit of all."""
        pull = SCALE * np.sqrt(kept.sum() / ROWS_OF_PRIOR) * self._pull
        now = at.copy()
        for _ in range(ROUNDS):
            error = self._scaled(now)
            soft = kept / np.sqrt(1.0 + (error / SCALE) ** 2)
            normal = slope.T @ (soft[:, None] * slope) + np.diag(pull**2)
            gradient = slope.T @ (soft * error) + pull**2 * (now - self._start)
            step = np.clip(-np.linalg.solve(normal, gradient), -0.7, 0.7)
            now = now + step
            if np.abs(step).max() < 1e-3:
                break
        return now
