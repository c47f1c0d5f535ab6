"""What a person may change, and how it is written: ``x1.4``, ``+40%``, ``-30%``, ``+0.8TB/s``, ``4.8TB/s``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from downstack.errors import UserInputError
from downstack.graph.model import QuantityKind
from downstack.units import to_base

MAX_CHANGES = 1_000
LARGEST_FACTOR = 1e9
"""A change of more than nine orders of magnitude is a slip of the keyboard, not a question."""

_NUMBER = r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?"
_SCALE = re.compile(rf"^[x×*]\s*(?P<value>[+-]?(?:{_NUMBER}|nan|inf(?:inity)?))$", re.IGNORECASE)
_OTHER = re.compile(
    rf"^(?P<sign>[+-]?)\s*(?P<value>{_NUMBER}|nan|inf(?:inity)?)\s*(?P<unit>[A-Za-z%/µ].*)?$", re.IGNORECASE
)


class ChangeOp(StrEnum):
    """How the value of a change is meant."""

    SCALE = "SCALE"
    ADD = "ADD"
    SET = "SET"
    PERCENT = "PERCENT"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one quantity of one entity, names not yet resolved."""

    entity: str
    quantity: str
    op: ChangeOp
    value: float
    unit: str | None = None

    @classmethod
    def parse(cls, reference: str, text: str) -> Change:
        """Read a change as a person writes it.

        Parameters
        ----------
        reference
            ``ENTITY.QUANTITY``; the entity may itself contain dots (``llama-3.1-70b.weight_bytes``).
        text
            ``x1.4`` scales, ``+40%`` and ``-30%`` are relative, ``+0.8TB/s`` adds, ``4.8TB/s`` sets.

        Raises
        ------
        UserInputError
            If either cannot be read.
        """
        entity, dot, quantity = reference.strip().rpartition(".")
        if not dot or not entity or not quantity:
            raise UserInputError(
                f"{reference[:120]!r} does not name what to change",
                field="changes",
                hint="write ENTITY.QUANTITY, for example nvidia-h200-sxm.memory_bandwidth",
            )
        written = text.strip()
        if match := _SCALE.match(written):
            return cls(entity, quantity, ChangeOp.SCALE, float(match["value"]))
        match = _OTHER.match(written)
        if match is None:
            raise UserInputError(
                f"{text[:60]!r} is not a change",
                field="changes",
                hint="write x1.4, +40%, -30%, +0.8TB/s or 4.8TB/s",
            )
        value = float(match["value"]) * (-1.0 if match["sign"] == "-" else 1.0)
        unit = match["unit"].strip() if match["unit"] else None
        if unit == "%" and match["sign"]:
            return cls(entity, quantity, ChangeOp.PERCENT, value)
        return cls(entity, quantity, ChangeOp.ADD if match["sign"] else ChangeOp.SET, value, unit)

    @property
    def text(self) -> str:
        """The change as a person would write it."""
        number = f"{self.value:g}" if self.op in (ChangeOp.SCALE, ChangeOp.SET) else f"{self.value:+g}"
        suffix = "%" if self.op is ChangeOp.PERCENT else (self.unit or "")
        return f"{self.entity}.{self.quantity} {'x' if self.op is ChangeOp.SCALE else ''}{number}{suffix}"


@dataclass(frozen=True, slots=True)
class Intervention:
    """A checked change: slug, quantity, and the change in the quantity's base unit."""

    entity: str
    quantity: QuantityKind
    op: ChangeOp
    amount: float
    """A factor for SCALE and PERCENT; a number in the base unit for ADD and SET."""

    def scenario(self, base: float) -> float:
        """Return the changed value of a base value."""
        if self.op in (ChangeOp.SCALE, ChangeOp.PERCENT):
            return base * self.amount
        return base + self.amount if self.op is ChangeOp.ADD else self.amount

    def describe(self, base: float, scenario: float) -> str:
        """Return the change between two values as a person would write it."""
        if self.op is ChangeOp.SET and base == 0.0:
            return f"{self.entity}.{self.quantity.id} = {scenario:g} {self.quantity.unit}"
        return f"{self.entity}.{self.quantity.id} x{scenario / base:.4g}"


def read_changes(changes: Mapping[str, str] | Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes of a question, written or structured, and refuse none, too many and twice the same."""
    if len(changes) > MAX_CHANGES:
        raise UserInputError(
            f"{len(changes):,} changes are more than the {MAX_CHANGES:,} of one question",
            field="changes",
            hint="split it",
        )
    if isinstance(changes, Mapping):
        read = tuple(Change.parse(reference, text) for reference, text in changes.items())
    else:
        read = tuple(changes)
    if not read:
        raise UserInputError("nothing is changed", field="changes", hint="name at least one ENTITY.QUANTITY=VALUE")
    return read


def check_change(change: Change, entity: str, quantity: QuantityKind) -> Intervention:
    """Check the size and the unit of a change and bring it to base units.

    Raises
    ------
    UserInputError
        If the value is not finite, not positive where it must be, or absurdly large.
    UnitError
        If the unit is unknown or measures something else.
    """
    reference = f"{entity}.{quantity.id}"
    if not math.isfinite(change.value):
        raise UserInputError(f"the change of {reference} is {change.value}", field="value", hint="give a finite number")
    if change.op in (ChangeOp.SCALE, ChangeOp.PERCENT):
        factor = change.value if change.op is ChangeOp.SCALE else 1.0 + change.value / 100.0
        if not 1.0 / LARGEST_FACTOR <= factor <= LARGEST_FACTOR:
            said = f"x{change.value:g}" if change.op is ChangeOp.SCALE else f"{change.value:+g}%"
            raise UserInputError(
                f"{said} of {reference} is out of range",
                field="value",
                hint=f"a factor must be positive and between {1 / LARGEST_FACTOR:g} and {LARGEST_FACTOR:g}",
            )
        return Intervention(entity, quantity, change.op, factor)
    unit = change.unit
    if unit is None:
        if quantity.unit != "1":
            raise UserInputError(
                f"the change of {reference} has no unit",
                field="unit",
                hint=f"give one, for example {quantity.display_unit}",
            )
        unit = "1"
    amount = to_base(change.value, unit, base_unit=quantity.unit, implied_denominator=quantity.implied_denominator)
    if change.op is ChangeOp.SET and amount < 0.0:
        raise UserInputError(f"{reference} cannot be negative", field="value", hint="give a value of zero or more")
    return Intervention(entity, quantity, change.op, amount)
