"""All rows of an answer as a table for other programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from downstack.errors import UserInputError
from downstack.results import DependencyPath, DependencyReport, DependencyStep

NODES = (
    "entity", "label", "type", "layer", "depth", "reliance", "place", "way", "relation", "as_of", "source",
    "share", "share_low", "share_high", "share_not_known", "allocated",
)  # fmt: skip
STEPS = ("path", "direction", "step", "dependent", "provider", "relation", "bond", "as_of", "source")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_dependencies(path: Path, report: DependencyReport) -> None:
    """Write every node within the depth, one a row, with its shortest way and its share where one is stated."""
    upwards = report.direction.name == "UP"
    shares = {(item.dependent if upwards else item.provider).id: item for item in report.exposures}
    rows = []
    for item in report.nodes:
        last, share = item.way[-1], shares.get(item.entity.id)
        rows.append(
            (
                item.entity.id, item.entity.label, item.entity.type, item.entity.layer, item.depth,
                "" if item.reliance is None else str(item.reliance), item.place, " > ".join(stations(item.way, report.entity.id)),
                last.relation, last.as_of, last.source.locator,
                None if share is None else share.share.value,
                None if share is None else share.share.low,
                None if share is None else share.share.high,
                "" if share is None else "; ".join(share.unknown),
                None if share is None or share.allocated is None else share.allocated.value,
            )
        )  # fmt: skip
    _write(path, NODES, rows)


def write_paths(path: Path, paths: Sequence[DependencyPath]) -> None:
    """Write every step of every path, one a row."""
    rows = [
        (number, item.direction.name, place, step.dependent, step.provider, step.relation, step.bond, step.as_of,
         step.source.locator)
        for number, item in enumerate(paths, 1)
        for place, step in enumerate(item.steps, 1)
    ]  # fmt: skip
    _write(path, STEPS, rows)


def stations(way: Sequence[DependencyStep], start: str) -> list[str]:
    """Return the entities along a way, the start first."""
    found = [start]
    for step in way:
        found.append(step.provider if step.dependent == found[-1] else step.dependent)
    return found


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(head)
            writer.writerows([_cell(value) for value in row] for row in rows)
    except OSError as error:
        raise UserInputError(
            f"{path} cannot be written: {error.strerror}", field="csv", hint="name another file"
        ) from error


def _cell(value: object) -> object:
    # A spreadsheet would run a text that begins like a formula.
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else "" if value is None else value
