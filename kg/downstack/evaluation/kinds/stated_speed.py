"""Rows that state how fast each user is served, and how many users, but not on how many chips.

Dashboards publish the best deployment at a speed. How many chips it has is found by asking the predictors of serving
at which number the speed of each user comes nearest to the stated one; the throughput is then the users times their
speed over these chips.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from downstack.evaluation.answers import Answer, Predictor, Setting, Stage
from downstack.evaluation.kinds.asked import Asked, answered, counts, numbers
from downstack.evaluation.rows import Row
from downstack.performance.declare import Array

_SPEED = re.compile(r"\[at ([\d.]+) tok/s/user\]")
_WIDTHS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Numbers of chips that a deployment may have when the source does not say: powers of two."""
_RELUCTANCE = 0.15
"""How much nearer, as a logarithm, the speed must come for a doubling of the chips."""
_SERVER, _USABLE = 8.0, 0.9
"""Chips of a server, and the share of a chip's memory that weights may take."""
_TOTAL = ("total_throughput_per_chip", "total_throughput_total")
_METRICS = ("output_throughput_per_chip", "output_throughput_total", *_TOTAL)
CHIPS_GUESSED = "the number of chips is not given and taken as {:g}"


def says_speed(row: Row) -> bool:
    """Return whether the row states the speed of each user."""
    return _SPEED.search(row.engine) is not None


def stated_speed(rows: Sequence[Row]) -> Array:
    """Return the stated tokens in a second of each user, NaN where there are none."""
    found = [_SPEED.search(row.engine) for row in rows]
    return numbers([float(item.group(1)) if item else np.nan for item in found])


class Deployed:
    """What the predictors of serving say of deployments whose layout is not given."""

    def __init__(self, serving: Sequence[Predictor]) -> None:
        """Take the predictors of serving."""
        self._serving = tuple(serving)

    def ask(self, rows: Sequence[Row], setting: Setting) -> Array:
        """Return what the predictors of serving answer, NaN where none does."""
        values: Array = np.full(len(rows), np.nan)
        for predictor in self._serving:
            index = [place for place, row in enumerate(rows) if predictor.claims(row)]
            if index:
                values[index] = [item.value for item in predictor.answer([rows[place] for place in index], setting)]
        return values

    def pace(self, rows: Sequence[Row], speed: Array, chips: Array, setting: Setting) -> Array:
        """Return tokens in a second of each user with the wait for the first token: the stated speed leaves it out."""
        asked = [
            replace(row, kind="ttft", metric="ttft", unit="ms", n_chips=count, tensor_parallel=min(count, _SERVER))
            for row, count in zip(rows, chips.tolist(), strict=True)
        ]
        wait = np.nan_to_num(self.ask(asked, setting) * 1e-3, nan=0.0)
        output = counts(rows, "osl")
        return output / (output / speed + wait)

    def chips(self, asked: Asked, speed: Array) -> Array:
        """Return the given number of chips, else the one at which the predicted speed comes nearest to the stated one.

        A model that does not fit into one chip gets a whole server at least. Doubling the chips must bring the speed
        nearer by more than a little.
        """
        given = counts(asked.rows, "n_chips")
        if not np.isnan(given).any():
            return given
        alone = asked.facts["weight_bytes"] < _USABLE * asked.facts["memory_capacity"]
        found: Array = np.full(len(asked.rows), _SERVER)
        nearest: Array = np.full(len(asked.rows), np.inf)
        for chips in _WIDTHS:
            rows = [
                replace(row, kind="tpot", metric="tpot", unit="ms", n_chips=chips, tensor_parallel=min(chips, _SERVER))
                for row in asked.rows
            ]
            away = np.abs(np.log(1e3 / self.ask(rows, asked.setting) / speed)) + _RELUCTANCE * np.log2(chips)
            better = (away < nearest) & (alone | (chips >= _SERVER))
            found, nearest = np.where(better, chips, found), np.where(better, away, nearest)
        return np.where(np.isnan(given), found, given)


class ServedAtSpeed:
    """Throughput of deployments that serve each user at a stated speed, on chips that are not counted."""

    name = "serving at a stated speed"
    stages: tuple[Stage, ...] = ()

    def __init__(self, serving: Sequence[Predictor]) -> None:
        """Take the predictors of serving."""
        self._deployed = Deployed(serving)

    def claims(self, row: Row) -> bool:
        """Return whether the row states users and their speed, but no chips."""
        uncounted = np.isnan(row.n_chips) and np.isfinite(row.batch_or_concurrency)
        return row.kind == "serving_throughput" and row.metric in _METRICS and says_speed(row) and bool(uncounted)

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict the throughput of each deployment."""
        asked = Asked(rows, setting)
        speed = stated_speed(rows)
        chips = self._deployed.chips(asked, speed)
        whole = numbers([row.metric in _TOTAL for row in rows]) > 0
        given = {
            "concurrent_sequences": counts(rows, "batch_or_concurrency"),
            "user_tokens_per_second": self._deployed.pace(rows, speed, chips, setting),
            "input_tokens": np.where(whole, counts(rows, "isl"), 0.0),
            "output_tokens": counts(rows, "osl"),
        }
        served = asked.columns(given)["served_tokens_per_second"]
        found = []
        for place, row in enumerate(rows):
            value = served[place] / (chips[place] if row.metric.endswith("per_chip") else 1.0)
            reason = CHIPS_GUESSED.format(chips[place])
            answer = answered(value, "served_tokens_per_second", "users or lengths", "EXTRAPOLATED", reason)
            found.append(asked.refused(place, True) or answer)
        return found
