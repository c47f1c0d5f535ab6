"""The fitted constants: a committed table that `calibrate` writes, one row a constant with its interval and its rows."""

from __future__ import annotations

import csv
import io
from importlib import resources
from pathlib import Path

from downstack.errors import Finding, KnowledgeError

FILE = "constants.csv"
COLUMNS = ("calibration", "name", "value", "low", "high", "unit", "rows", "as_of", "note")


def read_constants(path: Path | None = None) -> dict[tuple[str, str], float]:
    """Return the constants by calibration and name.

    Raises
    ------
    KnowledgeError
        If a value cannot be read.
    """
    text = (
        resources.files("downstack.evaluation").joinpath(FILE).read_text(encoding="utf-8")
        if path is None
        else path.read_text(encoding="utf-8")
    )
    found: dict[tuple[str, str], float] = {}
    for line, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            found[row["calibration"], row["name"]] = float(row["value"])
        except (KeyError, ValueError) as error:
            raise KnowledgeError((Finding(FILE, line, f"not a constant: {error}", "run calibrate again"),)) from error
    return found
