"""Strict CSV: the columns are exactly those expected, and a fault names the column.

A table whose columns were renamed upstream must fail loudly: read silently, it would empty a property of every row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from downstack.errors import Finding, KnowledgeError


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
        When the text is not UTF-8, a column is unknown or missing, or a row has a wrong number of cells.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KnowledgeError((Finding(name, None, f"not UTF-8: {error}", "save the table as UTF-8"),)) from error
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    allowed = [*required, *optional]
    faults = [
        Finding(name, 1, f"unknown column {column!r}", f"the columns are {', '.join(allowed)}")
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
    if faults:
        raise KnowledgeError(tuple(faults))
    return rows
