"""Tables of Epoch AI: which table a file is, what each of its columns means, and its rows.

Columns get renamed between releases. ``curation/epoch_columns.csv`` lists every spelling of every column that is known,
with the unit that the spelling implies, and says of each column whether it is read, was computed by Epoch AI from other
columns, or is not used. A column that is not listed stops the load: read on in silence, a renamed column would empty a
property of every row.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from downstack.errors import Finding, KnowledgeError
from downstack.loaders.tables import read_table

FILE = Path(__file__).parents[1] / "curation" / "epoch_columns.csv"
FIRST: Mapping[str, str] = {"revenue": "company", "usage": "company"}
"""Table -> the column that no row can do without; ``name`` elsewhere."""
MAX_CELL = 1_000_000
"""Characters; longer than any note, shorter than what would fill the memory."""


@dataclass(frozen=True, slots=True)
class Column:
    """One spelling of a column."""

    table: str
    name: str
    header: str
    unit: str
    use: str
    """``read``, ``computed`` or ``unused``."""
    reason: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What one row says under one column."""

    column: Column
    text: str


@dataclass(frozen=True, slots=True)
class EpochRow:
    """One row; `line` is where it begins, and `cells` holds what is not empty."""

    line: int
    cells: Mapping[str, Cell]

    def text(self, name: str) -> str:
        """The words under a column, or nothing."""
        cell = self.cells.get(name)
        return cell.text if cell else ""

    def first(self, *names: str) -> str:
        """The words under the first of some columns that has any."""
        return next((text for name in names if (text := self.text(name))), "")


@dataclass(frozen=True, slots=True)
class EpochTable:
    """One file, read."""

    file: str
    kind: str
    rows: tuple[EpochRow, ...]


def read_epoch_table(data: bytes, file: str, kinds: Sequence[str]) -> EpochTable:
    """Read a file of one of some kinds of tables; which one, its columns tell.

    Parameters
    ----------
    data
        CSV, UTF-8.
    file
        How findings call it.
    kinds
        Of ``hardware``, ``models``, ``clusters``, ``data-centers``, ``revenue``, ``usage``.

    Raises
    ------
    KnowledgeError
        If it is not CSV, a column is unknown, or one that is needed is missing.
    """
    records = _records(data, file)
    line, header = records[0] if records else (1, [])
    kind = max(kinds, key=lambda item: sum(_column(item, name) is not None for name in header))
    columns = _columns(header, kind, file, records[1:])
    faults: list[Finding] = []
    rows: list[EpochRow] = []
    for line, cells in records[1:]:
        if len(cells) != len(header):
            what = f"{len(cells)} cells under {len(header)} columns"
            faults.append(Finding(file, line, what, "check the quotes"))
            continue
        found = {
            column.name: Cell(column, text)
            for column, cell in zip(columns, cells, strict=True)
            if column is not None and (text := cell.strip())
        }
        rows.append(EpochRow(line, found))
    if faults:
        raise KnowledgeError(tuple(faults))
    return EpochTable(file, kind, tuple(rows))


def _records(data: bytes, file: str) -> list[tuple[int, list[str]]]:
    """Rows with the line on which each begins; blank lines are none."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KnowledgeError((Finding(file, None, f"not UTF-8: {error}", "save the table as UTF-8"),)) from None
    previous = csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise KnowledgeError((Finding(file, line, f"not CSV: {error}", "check the quotes"),)) from None
    finally:
        csv.field_size_limit(previous)
    return records


def _columns(
    header: Sequence[str], kind: str, file: str, records: Sequence[tuple[int, list[str]]]
) -> list[Column | None]:
    """The columns of a header; None for one without a name under which nothing stands."""
    faults: list[Finding] = []
    columns: list[Column | None] = []
    for place, name in enumerate(header):
        column = _column(kind, name)
        if column is None and not name.strip():
            filled = next((line for line, cells in records if place < len(cells) and cells[place].strip()), None)
            if filled is not None:
                faults.append(Finding(file, filled, f"column {place + 1} has values and no name", "name the column"))
        elif column is None:
            faults.append(Finding(file, 1, f"unknown column {name!r}", _remedy(kind, name)))
        elif column.use == "read" and any(column.name == other.name for other in columns if other is not None):
            faults.append(Finding(file, 1, f"column {name!r} means {column.name} again", "keep one of them"))
        columns.append(column)
    needed = FIRST.get(kind, "name")
    if not any(column.name == needed for column in columns if column is not None):
        spelt = ", ".join(repr(item.header) for item in _known().values() if (item.table, item.name) == (kind, needed))
        faults.append(Finding(file, 1, f"no column says the {needed} of a row", f"one of {spelt} must be there"))
    if faults:
        raise KnowledgeError(tuple(faults))
    return columns


def _remedy(kind: str, name: str) -> str:
    spellings = {item.header.casefold(): item.header for item in _known().values() if item.table == kind}
    near = difflib.get_close_matches(name.casefold(), spellings, n=3, cutoff=0.6)
    hint = f"nearest: {', '.join(repr(spellings[item]) for item in near)}; " if near else ""
    return f"{hint}if Epoch AI renamed it, add the spelling to epoch_columns.csv under {kind}"


def _column(table: str, header: str) -> Column | None:
    return _known().get((table, _letters(header)))


def _letters(header: str) -> str:
    """Spaces, case and punctuation tell no two columns apart."""
    return "".join(char for char in header.casefold() if char.isalnum())


@cache
def _known() -> dict[tuple[str, str], Column]:
    fields = ("table", "column", "header", "unit", "use", "reason")
    found: dict[tuple[str, str], Column] = {}
    for line, cells in read_table(FILE.read_bytes(), fields, (), FILE.name):
        column = Column(*(cells[field] for field in fields))
        key = (column.table, _letters(column.header))
        if key in found:
            raise KnowledgeError((Finding(FILE.name, line, f"{column.header!r} stands here twice", "keep one row"),))
        found[key] = column
    return found
