"""Strict CSV: the columns are exactly those expected, and a fault names the column.

A table whose columns were renamed upstream must fail loudly: read silently, it would empty a property of every row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from downstack.errors import Finding, KnowledgeError
from downstack.loaders.inputs import decode

MAX_COLUMNS = 1_000
MAX_ROWS = 1_000_000
MAX_FAULTS = 100


class _Reader(Iterator[list[str]], Protocol):
    """A reader of the csv module, whose own type has no name."""

    @property
    def line_num(self) -> int:
        """The line that was read last."""
        ...


def read_table(
    data: bytes, required: Sequence[str], optional: Iterable[str] = (), name: str = "table"
) -> list[tuple[int, dict[str, str]]]:
    """Rows of a CSV with their line numbers.

    Parameters
    ----------
    data
        The file, UTF-8.
    required, optional
        The columns that must and may be there, in any order; any other column is an error.
    name
        How errors call the table.

    Raises
    ------
    KnowledgeError
        When the text is not UTF-8 or not CSV, a column is unknown or missing, a row has a wrong number of cells, or there
        are more than :data:`MAX_COLUMNS` or :data:`MAX_ROWS`.
    """
    reader = csv.reader(io.StringIO(decode(data, name), newline=""), strict=True)
    try:
        return _rows(reader, required, optional, name)
    except csv.Error as error:
        what = f"not CSV: {error}"
        raise KnowledgeError((Finding(name, reader.line_num, what, "check the quotes and the length"),)) from None


def header_of(data: bytes, name: str = "table") -> tuple[str, ...]:
    """The columns of a CSV, whatever they are; none if it is no CSV at all."""
    try:
        return tuple(next(csv.reader(io.StringIO(decode(data, name), newline="")), []))
    except csv.Error:
        return ()


def _rows(
    reader: _Reader, required: Sequence[str], optional: Iterable[str], name: str
) -> list[tuple[int, dict[str, str]]]:
    header = next(reader, [])
    if len(header) > MAX_COLUMNS:
        raise KnowledgeError((Finding(name, 1, f"more than {MAX_COLUMNS} columns", "check the separators"),))
    allowed = [*required, *optional]
    faults = [
        Finding(name, 1, f"unknown column {column[:80]!r}", f"the columns are {', '.join(allowed)}")
        for column in header
        if column not in allowed
    ]
    faults += [
        Finding(name, 1, f"missing column {column!r}", "add the column, empty cells are allowed")
        for column in required
        if column not in header
    ]
    faults += [
        Finding(name, 1, f"column {column!r} twice", "keep one of them")
        for column in sorted({item for item in header if header.count(item) > 1})
    ]
    rows: list[tuple[int, dict[str, str]]] = []
    for cells in reader:
        if len(cells) != len(header):
            faults.append(
                Finding(name, reader.line_num, f"{len(cells)} cells under {len(header)} columns", "check the quotes")
            )
        else:
            rows.append((reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
        if len(rows) > MAX_ROWS:
            faults.append(Finding(name, reader.line_num, f"more than {MAX_ROWS} rows", "load it in parts"))
        if len(faults) > MAX_FAULTS or len(rows) > MAX_ROWS:
            break
    if faults:
        raise KnowledgeError(tuple(faults))
    return rows
