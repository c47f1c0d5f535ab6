"""What becomes of one file of Epoch AI: facts, links and entities, and the account of every row and cell.

A reader of rows says what a row means with :meth:`Book.fact` and :meth:`Book.link`; this book checks the numbers, notes
what every cell became, and counts a row as kept when at least one statement came of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from downstack.loaders.records import FactRecord, RelationRecord
from downstack.loaders.report import Rejection, Report
from downstack.loaders.sources import epoch_values as values
from downstack.loaders.sources.epoch_names import Names
from downstack.loaders.sources.epoch_table import EpochRow
from downstack.loaders.sources.epoch_values import Named, Refusal
from downstack.loaders.texts import clean

TWICE = "an earlier row says the same"


@dataclass(frozen=True, slots=True)
class Saying:
    """How a row says its facts: when, how sure, under which condition, and with which remarks."""

    as_of: str | None = None
    confidence: str = "press"
    condition: str | None = None
    note: str | None = None
    locator: str | None = None


@dataclass(slots=True)
class Book:
    """The statements of one file so far."""

    file: str
    source: str
    names: Names
    report: Report
    facts: dict[str, FactRecord] = field(default_factory=dict)
    links: dict[str, RelationRecord] = field(default_factory=dict)
    _row: EpochRow = field(init=False)
    _subject: str = field(init=False, default="")
    _statements: int = field(init=False, default=0)
    _repeated: int = field(init=False, default=0)
    _cells: list[Rejection] = field(init=False, default_factory=list)
    _refused: set[str] = field(init=False, default_factory=set)
    _numbers: dict[str, float | None] = field(init=False, default_factory=dict)

    def begin(self, row: EpochRow, subject: str) -> None:
        """Turn to a row, which a person finds by the name of its subject."""
        self._row, self._subject = row, clean(subject)
        self._statements, self._repeated, self._numbers = 0, 0, {}
        self._refused = set()
        self._cells = [
            self._rejection(cell.column.header, cell.text, cell.column.reason)
            for cell in row.cells.values()
            if cell.column.use != "read"
        ]

    def names_one(self, row: EpochRow, name: str, what: str) -> bool:
        """Turn to a row and say whether it names its subject; a row that does not is rejected."""
        self.begin(row, name)
        if not name:
            self.reject(f"the row names no {what}")
        elif len(name) > values.MAX_NAME:
            self.reject(f"its name is a text of more than {values.MAX_NAME} characters")
        return 0 < len(name) <= values.MAX_NAME

    def end(self) -> None:
        """Count the row: kept when a statement came of it."""
        if self._statements:
            self.report.keep(self._statements)
            self.report.leave_out(self._cells)
        else:
            self.reject(TWICE if self._repeated else self._why_nothing())

    def reject(self, reason: str) -> None:
        """Count the row as rejected."""
        self.report.reject(self._rejection("row", self._subject, reason))

    def leave(self, column: str, reason: str, text: str | None = None) -> None:
        """Note that a cell, or one of the names in it, became nothing."""
        cell = self._row.cells[column]
        self._cells.append(self._rejection(cell.column.header, text or cell.text, reason))
        self._refused.add(reason)

    def close(self) -> None:
        """Drop the entities that no statement speaks of: those of rejected rows."""
        ends = {slug for link in self.links.values() for slug in (link.subject, link.object)}
        self.names.keep_only(ends | {fact.subject for fact in self.facts.values()})

    def value(self, column: str, *, zero: bool = False, most: float = float("inf")) -> float | None:
        """The number under a column; None when there is none, which is noted unless the cell is empty."""
        cell = self._row.cells.get(column)
        if cell is None:
            return None
        if column not in self._numbers:
            found = values.number(cell.text, zero=zero, most=most)
            if isinstance(found, Refusal):
                self.leave(column, found.reason)
            self._numbers[column] = None if isinstance(found, Refusal) else found
        return self._numbers[column]

    def day(self, column: str) -> str | None:
        """The date under a column; what is no date that has come is noted."""
        found = values.day(self._row.text(column))
        if isinstance(found, Refusal):
            self.leave(column, found.reason)
            return None
        return found

    def fact(
        self,
        subject: str,
        quantity: str,
        column: str,
        saying: Saying,
        *,
        zero: bool = False,
        most: float = float("inf"),
        bounds: tuple[float | None, float | None] = (None, None),
        unit: str | None = None,
    ) -> None:
        """State the number under a column of a subject, in the unit of the column unless another is given."""
        number = self.value(column, zero=zero, most=most)
        if number is None:
            return
        cell = self._row.cells[column]
        low, high = bounds
        fact = FactRecord(
            subject=subject,
            quantity=quantity,
            literal=cell.text,
            value=number,
            unit=unit or cell.column.unit,
            low=low if low is not None and low < number else None,
            high=high if high is not None and high > number else None,
            condition=saying.condition,
            as_of=saying.as_of,
            confidence=saying.confidence,
            note=saying.note,
            source=self.source,
            locator=saying.locator,
        )
        self._state(fact.key in self.facts)
        self.facts.setdefault(fact.key, fact)

    def link(
        self, subject: str, predicate: str, object_: str, as_of: str | None = None, note: str | None = None
    ) -> None:
        """State a relation."""
        link = RelationRecord(subject, predicate, object_, self.source, as_of, note)
        self._state(link.key in self.links)
        self.links.setdefault(link.key, link)

    def named(self, column: str, kind: str, *, or_dangling: bool = False) -> list[tuple[str, Named]]:
        """The entities that a cell names, each with the words that name it.

        A name that nobody has becomes a new entity, or with `or_dangling` an unresolved one; what a person decided to be
        no name is noted.
        """
        found: dict[str, Named] = {}
        for item in values.listed(self._row.text(column)):
            slug = self._entity(item.name, column, kind, or_dangling)
            if slug is not None:
                found.setdefault(slug, item)
        return list(found.items())

    def _entity(self, name: str, column: str, kind: str, or_dangling: bool) -> str | None:
        decision = self.names.decided(name, kind)
        if decision is not None and not decision.slug:
            self.leave(column, decision.reason, name)
            return None
        found = self.names.find(name, kind) if len(name) <= values.MAX_NAME else None
        if found is not None:
            return found
        if len(name) > values.MAX_NAME or (or_dangling and _is_sentence(name)):
            self.leave(column, "a sentence, no name", name)
            return None
        return self.names.dangling(name) if or_dangling and decision is None else self.names.take(name, kind)

    def _state(self, known: bool) -> None:
        if known:
            self._repeated += 1
        else:
            self._statements += 1

    def _why_nothing(self) -> str:
        return self._refused.pop() if len(self._refused) == 1 else "it states no number and no relation"

    def _rejection(self, attribute: str, value: str, reason: str) -> Rejection:
        text = clean(value)
        return Rejection(
            self._row.line,
            self._subject,
            attribute,
            text if len(text) <= 120 else text[:116] + " ...",
            reason,
            self.file,
        )


def _is_sentence(name: str) -> bool:
    """Whether words in a column of names are prose: many of them, quoted, or begun in lower case."""
    return len(name.split()) > 8 or any(char in name for char in '"“”;') or (name[0].islower() and " " in name)
