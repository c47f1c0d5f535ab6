"""The five tables of the ETO supply chain data set in their own words.

A folder holds ``stages``, ``inputs``, ``providers``, ``provision`` and ``sequence``, each a CSV. All five are needed: a
share without its provider says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from downstack.errors import Finding, KnowledgeError
from downstack.loaders.inputs import NamedBytes
from downstack.loaders.tables import read_table

_MARKET = (
    "market_share_chart_global_market_size_info", "market_share_chart_caption", "market_share_chart_source",
)  # fmt: skip
COLUMNS = {
    "stages": ("stage_id", "stage_name", "description", *_MARKET),
    "inputs": ("input_name", "input_id", "type", "stage_name", "stage_id", "description", *_MARKET),
    "providers": ("provider_name", "provider_id", "provider_type", "country"),
    "provision": (
        "provider_name", "provider_id", "provided_name", "provided_id", "share_provided", "negligible_market_share",
    ),
    "sequence": ("input_name", "input_id", "goes_into_name", "goes_into_id", "is_type_of_name", "is_type_of_id"),
}  # fmt: skip
"""Table -> its columns; another column is an error that names it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of one table."""

    table: str
    line: int
    cells: dict[str, str]

    @property
    def file(self) -> str:
        """The file it stands in."""
        return f"{self.table}.csv"


def parse(files: Iterable[NamedBytes]) -> dict[str, list[Row]]:
    """The rows of the five tables, by table.

    Raises
    ------
    KnowledgeError
        If a table is missing or given twice, or has a column that is unknown or lacks one.
    """
    found: dict[str, list[Row]] = {}
    faults: list[Finding] = []
    for file in files:
        table = file.name.removesuffix(".csv").lower()
        if table not in COLUMNS:
            faults.append(
                Finding(file.name, None, "not a table of this data set", f"give {', '.join(COLUMNS)}", "file")
            )
        elif table in found:
            faults.append(Finding(file.name, None, "the table is given twice", "give each table once", "file"))
        else:
            rows = read_table(file.data, COLUMNS[table], (), file.name)
            found[table] = [Row(table, line, cells) for line, cells in rows]
    missing = [table for table in COLUMNS if table not in found]
    if missing and not faults:
        what = f"no table {', '.join(missing)}"
        faults.append(Finding("eto", None, what, "give the folder that holds all five tables", "file"))
    if faults:
        raise KnowledgeError(tuple(faults))
    return found
