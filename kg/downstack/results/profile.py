"""How an effect unfolds month by month."""

from __future__ import annotations

from dataclasses import dataclass

from downstack.results.trace import Status


@dataclass(frozen=True, slots=True)
class Profile:
    """The path of one number after a change that is made in month 0; before it, everything stands at the base."""

    unit: str
    base: float | None
    values: tuple[float | None, ...]
    """One number a month, month 0 first."""
    statuses: tuple[Status, ...]
    settled: float | None
    """Where the path comes to rest, which is what the effect gives; None where it does not."""
    rest_from: int | None
    """The month from which it stays within a hundredth of the whole change of where it comes to rest; None if it has
    not come to rest in the months asked for."""

    @property
    def sentence(self) -> str:
        """Whether it comes to rest, in words."""
        if self.settled is None:
            return "does not come to rest"
        if self.rest_from is None:
            return f"has not come to rest by month {len(self.values) - 1}"
        return f"comes to rest from month {self.rest_from}"
