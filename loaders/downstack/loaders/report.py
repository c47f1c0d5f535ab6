"""What a loader did: rows read, kept and rejected, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that became nothing: where it is, what it says, and why it was left out."""

    row: int
    subject: str
    attribute: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.subject} {self.attribute} = {self.value!r}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Read:
    """A row that says nothing by itself: it was read together with the others of its source."""

    row: int


@dataclass(slots=True)
class Report:
    """Counts of one table; `rejections` keeps every rejected row with its reason.

    A row is kept or rejected, so the two counts add up to the rows read; one row may become several statements.
    """

    name: str
    read: int = 0
    statements: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def kept(self) -> int:
        """How many rows became a statement, or part of one."""
        return self.read - self.rejected

    @property
    def rejected(self) -> int:
        """How many rows were left out."""
        return len({item.row for item in self.rejections})

    def reasons(self) -> list[tuple[str, int]]:
        """Each reason with its count, most frequent first."""
        counts = Counter(item.reason for item in self.rejections)
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    def to_markdown(self) -> str:
        """One section: the counts, then a table of the reasons."""
        lines = [
            f"## {self.name}",
            "",
            (
                f"{self.read} rows read = {self.kept} kept + {self.rejected} rejected; "
                f"the kept rows became {self.statements} statements."
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


def split(items: Iterable[object], report: Report) -> list[object]:
    """The records of a loader's stream; its rejections go to the report, which also counts both."""
    kept: list[object] = []
    for item in items:
        if isinstance(item, Rejection):
            report.rejections.append(item)
        elif not isinstance(item, Read):
            kept.append(item)
    report.statements = len(kept)
    return kept
