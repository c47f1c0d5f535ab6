"""Rows that no function answers, each with what is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from downstack.evaluation.answers import Answer, Setting, Stage
from downstack.evaluation.rows import Row

_REASONS = (
    (re.compile(r"^attention_"), "the row gives neither batch nor heads of the attention"),
    (re.compile(r"^defect_density$"), "a defect density is an input of the yield functions: none predicts it"),
)


def _reason(row: Row) -> str | None:
    return next((reason for pattern, reason in _REASONS if pattern.match(row.metric)), None)


class Unmodelled:
    """What cannot be predicted, and why."""

    name = "not modelled"
    stages: tuple[Stage, ...] = ()

    def claims(self, row: Row) -> bool:
        """Return whether the row is known to lack what a function would need."""
        return _reason(row) is not None and " head_dim=" not in row.model and not row.model.endswith(" attention")

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Say what is missing."""
        return [Answer(np.nan, "", "UNSUPPORTED", _reason(row) or "") for row in rows]
