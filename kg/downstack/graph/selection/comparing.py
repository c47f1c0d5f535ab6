"""One condition on a quantity, read against its unit and held against one fact."""

from __future__ import annotations

import math
from collections.abc import Iterable

from downstack.errors import UnitError, UserInputError
from downstack.graph.knowledge import CONFIDENCE_ORDER, current
from downstack.graph.model import Fact, QuantityKind
from downstack.graph.selection.conditions import QuantityCondition
from downstack.units import to_base

SAME = 1e-9
"""How far two numbers may be apart, relative to the larger, and be equal: converting a unit rounds."""


class Comparison:
    """A condition with its numbers in base units.

    Raises
    ------
    UserInputError
        If the unit is not known or measures something else, if the numbers mean nothing, or if a kind of statement is
        not known.
    """

    def __init__(
        self,
        condition: QuantityCondition,
        kind: QuantityKind,
        confidence: tuple[str, ...],
        as_of: str | None,
        today: str,
    ) -> None:
        self._field = f"filter.quantities.{kind.id}"
        self._kind = kind
        self._unit = condition.unit or kind.display_unit
        self._confidence = check_confidence(condition.confidence or confidence, f"{self._field}.confidence")
        self._under = None if condition.under is None else condition.under.casefold()
        self._as_of, self._today = as_of, today
        self.exists = condition.exists is not False
        if not self.exists and condition.compares:
            raise UserInputError(
                "a value that must not exist is compared", field=self._field, hint="leave out exists or the comparison"
            )
        self._gt, self._gte, self._lt, self._lte, self._eq = (
            None if number is None else self._base(number)
            for number in (condition.gt, condition.gte, condition.lt, condition.lte, condition.eq)
        )
        self._between = None
        if condition.between is not None:
            low, high = (self._base(number) for number in condition.between)
            if low > high:
                raise UserInputError(
                    f"nothing is between {condition.between[0]:g} and {condition.between[1]:g}",
                    field=f"{self._field}.between",
                    hint="give the lower end first",
                )
            self._between = low, high
        if condition.unit is not None and not condition.compares:
            # A unit that is misspelt is said, also where no number is in it.
            self._base(1.0)

    def _base(self, number: float) -> float:
        try:
            return to_base(
                number, self._unit, base_unit=self._kind.unit, implied_denominator=self._kind.implied_denominator
            )
        except UnitError as error:
            raise UnitError(error.message, field=f"{self._field}.{error.field or 'unit'}", hint=error.hint) from error

    def best(self, facts: Iterable[Fact]) -> Fact | None:
        """Return the fact that counts, of those of one entity, best first; None where there is none."""
        kept = (
            fact
            for fact in facts
            if (not self._confidence or fact.confidence in self._confidence)
            and (self._under is None or self._under in (fact.condition or "").casefold())
        )
        found = current(kept, self._as_of, self._today)
        return found[0] if found else None

    def holds(self, value: float) -> bool:
        """Return whether a value in base units is as wanted."""
        return (
            (self._gt is None or (value > self._gt and not same(value, self._gt)))
            and (self._gte is None or value >= self._gte or same(value, self._gte))
            and (self._lt is None or (value < self._lt and not same(value, self._lt)))
            and (self._lte is None or value <= self._lte or same(value, self._lte))
            and (self._eq is None or same(value, self._eq))
            and (self._between is None or self._within(value, *self._between))
        )

    @staticmethod
    def _within(value: float, low: float, high: float) -> bool:
        return low <= value <= high or same(value, low) or same(value, high)


def same(first: float, second: float) -> bool:
    """Return whether two values are equal but for the rounding of a conversion."""
    return math.isclose(first, second, rel_tol=SAME)


def check_confidence(names: tuple[str, ...], field: str) -> frozenset[str]:
    """Return kinds of statement, all of them known."""
    for name in names:
        if name not in CONFIDENCE_ORDER:
            raise UserInputError(
                f"{name[:60]!r} is no kind of statement", field=field, hint=f"one of: {', '.join(CONFIDENCE_ORDER)}"
            )
    return frozenset(names)
