"""Read a table of measurements: one row a published number, with what it was measured on.

The columns are those of the table that ships with downstack; columns beyond them are kept and play no part. An empty
cell means that the source does not say.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from downstack.errors import UserInputError

REQUIRED = (
    "id", "kind", "model", "hardware", "n_chips", "tensor_parallel", "pipeline_parallel", "expert_parallel",
    "precision_weights", "precision_kv", "isl", "osl", "batch_or_concurrency", "engine", "metric", "unit",
)  # fmt: skip
"""Columns that a table must have; `value` may be left out, the report then has no errors to give."""
_OPTIONAL = {"source": "source_repo_or_url", "date": "source_date"}
"""Columns that say where a row is from."""
_COUNTS = ("n_chips", "tensor_parallel", "pipeline_parallel", "expert_parallel", "isl", "osl", "batch_or_concurrency")


_LENGTHS = ("isl", "osl")
"""Lengths may be zero: a row about prompts alone makes no token, and is answered or refused by its predictor."""
_COUNT, _LENGTH = "a number above zero", "a number of zero or more"


@dataclass(frozen=True, slots=True)
class Row:
    """What a measurement was taken on: everything that a prediction may look at, and nothing of the result.

    Counts that the source does not give are NaN.
    """

    id: str
    line: int
    kind: str
    model: str
    hardware: str
    n_chips: float
    tensor_parallel: float
    pipeline_parallel: float
    expert_parallel: float
    precision_weights: str
    precision_kv: str
    isl: float
    osl: float
    batch_or_concurrency: float
    engine: str
    metric: str
    unit: str
    source: str = ""
    """Who published it; what is known of how they run an engine holds for the row."""
    date: str = ""
    """When it was taken, as the source writes it: a year, a month or a day."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of measurements: the rows to predict, and beside them what was measured."""

    rows: tuple[Row, ...]
    measured: tuple[float, ...]
    """The column `value`, NaN where it is empty; read by the report only."""
    quality: tuple[str, ...]


def read_table(path: str | Path) -> Table:
    """Read a CSV file of measurements.

    Raises
    ------
    UserInputError
        If the file cannot be read, a column is missing, an id is given twice or a number cannot be read; the message
        names line and column.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserInputError(
            f"{path} cannot be read: {error}", field="file", hint="give a CSV file in UTF-8"
        ) from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
    if missing:
        raise UserInputError(
            f"{path} lacks the column(s) {', '.join(missing)}",
            field="file",
            hint=f"the first line must name {', '.join(REQUIRED)} and, to report errors, value",
        )
    return table_of(reader, str(path))


def table_of(records: Iterable[Mapping[str, str | None]], where: str = "the table") -> Table:
    """Arrange records by column name as a table; see :func:`read_table`."""
    rows: list[Row] = []
    measured: list[float] = []
    quality: list[str] = []
    seen: set[str] = set()
    for line, record in enumerate(records, start=2):
        cells = {
            name: (record.get(name) or "").strip() for name in (*REQUIRED, *_OPTIONAL.values(), "value", "quality")
        }
        if not cells["id"] or cells["id"] in seen:
            raise UserInputError(
                f"{where}, line {line}, column id: {cells['id']!r} is empty or given twice",
                field="file",
                hint="predictions are written by id: give each row its own",
            )
        seen.add(cells["id"])
        counts = {
            name: _number(cells[name], where, line, name, wanted=_LENGTH if name in _LENGTHS else _COUNT)
            for name in _COUNTS
        }
        words = {name: cells[name] for name in REQUIRED if name not in _COUNTS}
        words |= {name: cells[column] for name, column in _OPTIONAL.items()}
        # The names are those of the class, words of its words and counts of its numbers.
        rows.append(Row(line=line, **words, **counts))  # type: ignore[arg-type]
        measured.append(_number(cells["value"], where, line, "value", wanted="a number"))
        quality.append(cells["quality"])
    return Table(tuple(rows), tuple(measured), tuple(quality))


def _number(text: str, where: str, line: int, column: str, *, wanted: str) -> float:
    if not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (wanted == _COUNT and value <= 0.0) or (wanted == _LENGTH and value < 0.0):
        raise UserInputError(
            f"{where}, line {line}, column {column}: {text[:60]!r} is not {wanted}",
            field="file",
            hint="leave the cell empty when the source does not say",
        )
    return value
