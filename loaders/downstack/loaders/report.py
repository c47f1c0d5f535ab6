"""What a loader did: rows read, kept and rejected, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row, or a cell of one, that became nothing: where it is, what it says, and why it was left out."""

    row: int
    subject: str
    attribute: str
    value: str
    reason: str
    file: str = ""
    """Which of several files; the row is then the line on which it begins."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.row}" if self.file else f"row {self.row}"
        return f"{place}: {self.subject} {self.attribute} = {self.value!r}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Read:
    """A row that says nothing by itself: it was read together with the others of its source."""

    row: int


@dataclass(slots=True)
class Report:
    """Counts of one table; `rejections` keeps every rejected row with its reason.

    A row is kept or rejected, so the two counts add up to the rows read; one row may become several statements. A loader
    whose rows say many things counts with :meth:`keep`, :meth:`reject` and :meth:`leave_out`: a row is kept when at least
    one statement came of it, and `cells` keeps what a kept row said in vain. A loader whose row is one value counts with
    :func:`split`.
    """

    name: str
    read: int = 0
    unit: str = "rows"
    """What is read, kept and rejected: rows, or the cells of a table of which each has a source of its own."""
    kept: int = 0
    """Rows that became a statement, or part of one."""
    statements: int = 0
    """Facts, properties and relations that came of the kept rows."""
    rejections: list[Rejection] = field(default_factory=list)
    cells: list[Rejection] = field(default_factory=list)
    """Cells of kept rows that became nothing."""
    counts: dict[str, int] = field(default_factory=dict)
    """What else a reader should know the number of, by its name."""

    @property
    def rejected(self) -> int:
        """How many rows were left out."""
        return self.read - self.kept

    def keep(self, statements: int) -> None:
        """Count a row that became something."""
        self.read += 1
        self.kept += 1
        self.statements += statements

    def reject(self, rejection: Rejection) -> None:
        """Count a row that became nothing."""
        self.read += 1
        self.rejections.append(rejection)

    def leave_out(self, cells: Iterable[Rejection]) -> None:
        """Count cells of a kept row that became nothing."""
        self.cells.extend(cells)

    def count(self, name: str, number: int = 1) -> None:
        """Add to one of the counts."""
        self.counts[name] = self.counts.get(name, 0) + number

    def add(self, other: Report) -> None:
        """Count what another table became as well."""
        self.read += other.read
        self.kept += other.kept
        self.statements += other.statements
        self.rejections += other.rejections
        self.cells += other.cells
        for name, number in other.counts.items():
            self.count(name, number)

    def reasons(self) -> list[tuple[str, int]]:
        """Each reason with its count, most frequent first."""
        return _counted(self.rejections)

    def cell_reasons(self) -> list[tuple[str, int]]:
        """Each reason for which cells of kept rows were left out with its count, most frequent first."""
        return _counted(self.cells)

    def to_markdown(self) -> str:
        """One section: the counts, then a table of the reasons."""
        lines = [
            f"## {self.name}",
            "",
            (
                f"{self.read} {self.unit} read = {self.kept} kept + {self.rejected} rejected; "
                f"the kept {self.unit} became {self.statements} statements."
            ),
            "",
        ]
        if self.rejections:
            lines += ["| rejected | because | attributes |", "|---:|---|---|"]
            for reason, count in self.reasons():
                named = Counter(item.attribute for item in self.rejections if item.reason == reason)
                common = ", ".join(
                    f"{name} ({n})" for name, n in sorted(named.items(), key=lambda p: (-p[1], p[0]))[:8]
                )
                more = f" and {len(named) - 8} more" if len(named) > 8 else ""
                lines.append(f"| {count} | {reason} | {common}{more} |")
            lines.append("")
        return "\n".join(lines)


def _counted(rejections: Iterable[Rejection]) -> list[tuple[str, int]]:
    counts = Counter(item.reason for item in rejections)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def split(items: Iterable[object], report: Report) -> list[object]:
    """The records of a loader's stream; its rejections go to the report, which also counts both."""
    kept: list[object] = []
    for item in items:
        if isinstance(item, Rejection):
            report.rejections.append(item)
        elif not isinstance(item, Read):
            kept.append(item)
    report.statements = len(kept)
    report.kept = report.read - len({item.row for item in report.rejections})
    return kept
