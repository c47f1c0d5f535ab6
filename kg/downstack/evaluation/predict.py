"""Predict rows of measurements: who answers each, in which band, and why there is no answer.

Nothing here sees a measured value. The rows of one predictor are computed at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from downstack.evaluation.answers import Answer, Predictor, Setting
from downstack.evaluation.predictors import PREDICTORS
from downstack.evaluation.rows import Row
from downstack.results.evaluation import Prediction

LOW, HIGH = "band_low", "band_high"
"""Names of the constants that hold the 10th and 90th percentile of measured over predicted, by band."""
UNCLAIMED = "none"
EVERY = "every prediction"
"""The band of what has too few of its like."""
_ANSWERED = ("OK", "EXTRAPOLATED")


def predictor_of(row: Row) -> Predictor | None:
    """Return the first predictor that claims a row."""
    return next((item for item in PREDICTORS if item.claims(row)), None)


def answers(rows: Sequence[Row], setting: Setting) -> list[tuple[str, Answer]]:
    """Return the predictor and the answer of each row."""
    chosen = [predictor_of(row) for row in rows]
    found = [(UNCLAIMED, _unclaimed(row)) for row in rows]
    for predictor in PREDICTORS:
        places = [place for place, item in enumerate(chosen) if item is predictor]
        if places:
            told = predictor.answer([rows[place] for place in places], setting)
            for place, answer in zip(places, told, strict=True):
                found[place] = predictor.name, answer
    return found


def predict(rows: Sequence[Row], setting: Setting) -> tuple[Prediction, ...]:
    """Predict every row."""
    return tuple(
        _prediction(row, name, answer, setting)
        for row, (name, answer) in zip(rows, answers(rows, setting), strict=True)
    )


def bands(row: Row, predictor: str, status: str) -> tuple[str, ...]:
    """Return the bands that can hold for a row, the narrowest first: how well its like was predicted when left out."""
    what = f"{predictor}: {row.kind}"
    if status == "EXTRAPOLATED":
        return (
            f"{what}, {row.metric}, extrapolated",
            f"{what}, extrapolated",
            f"{what}, {row.metric}",
            what,
            predictor,
            EVERY,
        )
    return f"{what}, {row.metric}", what, predictor, EVERY


def _unclaimed(row: Row) -> Answer:
    return Answer(
        np.nan, "", "UNSUPPORTED", f"no function predicts {row.metric!r} of kind {row.kind!r} for {row.model!r}"
    )


def _prediction(row: Row, name: str, answer: Answer, setting: Setting) -> Prediction:
    if answer.status not in _ANSWERED:
        return Prediction(row.id, None, None, None, row.unit, answer.status, answer.function, answer.reason)
    held = setting.constants
    band = next((item for item in bands(row, name, answer.status) if (item, LOW) in held), None)
    low, high = (held[band, LOW], held[band, HIGH]) if band is not None else (np.nan, np.nan)
    between = np.isfinite(low) and np.isfinite(high)
    return Prediction(
        row.id,
        answer.value,
        answer.value * low if between else None,
        answer.value * high if between else None,
        row.unit,
        answer.status,
        answer.function,
        answer.reason,
    )
