"""Capacity over time: what a disruption takes, for how long, and how it comes back."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from downstack.errors import UserInputError
from downstack.supply.substitution import Array

DEFAULT_MONTHS = 6
_WRITTEN = re.compile(r"^\s*(?P<sign>-?)\s*(?P<value>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*%\s*$")


@dataclass(frozen=True, slots=True)
class Disruption:
    """A part of the output of one entity that is lost for some months, its name not yet resolved."""

    entity: str
    percent: float
    """The change, -100 to below 0."""
    months: int = DEFAULT_MONTHS

    @classmethod
    def parse(cls, entity: str, text: str, months: int = DEFAULT_MONTHS) -> Disruption:
        """Read a disruption as a person writes it: ``-30%``.

        Raises
        ------
        UserInputError
            If it cannot be read.
        """
        match = _WRITTEN.match(text)
        if match is None:
            raise UserInputError(
                f"{text[:60]!r} is not a disruption of {entity[:60]}", field="disruptions", hint="write it as -30%"
            )
        return cls(entity, float(match["value"]) * (-1.0 if match["sign"] else 1.0), months)

    def check(self) -> None:
        """Refuse what is no loss of a part for some time.

        Raises
        ------
        UserInputError
            If more than everything, or nothing, is lost, or the months are none.
        """
        if not math.isfinite(self.percent) or not -100.0 <= self.percent < 0.0:
            raise UserInputError(
                f"a disruption of {self.entity} by {self.percent:+g} % is none",
                field="disruptions.percent",
                hint="give what is lost, from -100% to just below 0; more supply is no shock",
            )
        if self.months < 1:
            raise UserInputError(
                f"the disruption of {self.entity} lasts {self.months} months",
                field="disruptions.months",
                hint="give one month or more",
            )


def capacity(change: float, months: int, ramp: Array, horizon: int) -> Array:
    """Return capacity against the base in every month and case.

    Parameters
    ----------
    change
        What is lost, -1 to 0: -0.3 is thirty per cent.
    months
        For how long all of that is lost.
    ramp
        Months from then until capacity is whole, shape (cases,); it rises evenly.
    horizon
        How many months to give.

    Returns
    -------
    The mean of each month, shape (months, cases).

    Examples
    --------
    >>> import numpy as np
    >>> capacity(-0.4, 2, np.array([2.0]), 5)[:, 0].round(3).tolist()
    [0.6, 0.6, 0.7, 0.9, 1.0]
    """
    start = np.arange(horizon, dtype=float)[:, np.newaxis] - months
    # The mean of min(1, x / ramp) over a month, from its integral; without a ramp all is back at once.
    length = np.maximum(ramp, 1e-12)[np.newaxis, :]
    back = _integral(start + 1.0, length) - _integral(start, length)
    return np.where(start >= length - 1e-9, 1.0, 1.0 + change * (1.0 - back))


def _integral(time: Array, length: Array) -> Array:
    inside = np.clip(time, 0.0, length)
    return np.asarray(inside**2 / (2.0 * length) + np.maximum(time - length, 0.0))
