"""Tables as CSV for people and spreadsheets, and as Parquet for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from downstack.errors import UserInputError
from downstack.graph.exports.escape import cell
from downstack.graph.exports.tables import Table

SEPARATOR = "; "
"""Between several texts of one cell."""


def csv_text(table: Table) -> str:
    """Return a table as CSV (RFC 4180, UTF-8, lines end with CR LF).

    A text that a spreadsheet would run as a formula has an apostrophe before it; numbers are written so that they read
    back as they were.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.name for column in table.columns])
    columns = [[_cell(column.kind, value) for value in table.values(column)] for column in table.columns]
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue()


def _cell(kind: str, value: Any) -> str:
    if value is None:
        return ""
    if kind == "number":
        return repr(float(value))
    if kind == "whole":
        return str(int(value))
    return cell(SEPARATOR.join(value) if kind == "texts" else value)


def parquet_bytes(table: Table, metadata: Mapping[str, str]) -> bytes:
    """Return a table as a Parquet file; what is not known is null.

    Raises
    ------
    UserInputError
        If Apache Arrow is not installed.
    """
    try:
        import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
        import pyarrow.parquet as pq  # type: ignore[import-untyped]  # nor this
    except ImportError:
        raise UserInputError(
            "Parquet is written with Apache Arrow, which is not installed",
            field="format",
            hint="install the extra: pip install 'downstack[arrow]', or export csv",
        ) from None
    types = {"text": pa.string(), "number": pa.float64(), "whole": pa.int32(), "texts": pa.list_(pa.string())}
    schema = pa.schema([(column.name, types[column.kind]) for column in table.columns], metadata=dict(metadata))
    arrays = [pa.array(table.values(column), types[column.kind]) for column in table.columns]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), out, compression="zstd")
    return out.getvalue()
