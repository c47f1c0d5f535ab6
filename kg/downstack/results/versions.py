"""What moved between two versions of the graph: because facts changed, or because a formula did."""

from __future__ import annotations

from dataclasses import dataclass

from downstack.graph.model import QuantityKind
from downstack.results.trace import EffectKey, Status


@dataclass(frozen=True, slots=True)
class FactChange:
    """The facts of one quantity of one entity that differ between two versions, as their sources print them."""

    entity: str
    quantity: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """A function that two versions compute differently; a digest is None where the version lacks the function."""

    name: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"mechanism added: {self.name} (digest {self.after})"
        if self.after is None:
            return f"mechanism removed: {self.name} (digest {self.before})"
        return f"mechanism changed: {self.name} v1 -> v2 (digest {self.before} -> {self.after})"


@dataclass(frozen=True, slots=True)
class VersionCause:
    """How much of the difference of one number has one cause."""

    cause: str
    """``facts changed``, or the function that changed, as :class:`FunctionChange` says it."""
    functions: tuple[str, ...]
    """The functions behind it; none when it is the facts alone."""
    amount: float
    """In the unit of the number."""
    share: float | None
    """Of the whole difference; None when that is zero."""


@dataclass(frozen=True, slots=True)
class VersionEffect:
    """One number that is not the same in two versions."""

    key: EffectKey
    quantity: QuantityKind
    unit: str
    before: float | None
    after: float | None
    status_before: Status
    status_after: Status
    causes: tuple[VersionCause, ...]
    """They sum to the difference; empty where one version has no number."""
    reason: str | None
    """Why the difference is split less finely than asked, or not at all."""

    @property
    def change(self) -> float | None:
        """After minus before, in `unit`; None where one version has no number."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class VersionReport:
    """The answer to "what moved, and was it the facts or the formulas?"."""

    before: str
    after: str
    """The content hashes of the two versions."""
    method: str
    effects: tuple[VersionEffect, ...]
    """Largest relative difference first."""
    unchanged: int
    """Combinations whose number is the same in both."""
    only_before: int
    only_after: int
    """Combinations that one version alone has."""
    functions: tuple[FunctionChange, ...]
    """The functions on the way to the targets that differ."""
    facts: tuple[FactChange, ...]
    """The facts on the way to the targets that differ."""
