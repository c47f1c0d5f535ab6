"""``downstack releases`` and ``downstack diff``: the versions of a store, and what two of them state differently."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from downstack.cli.options import AsJson, Store, Where, errors
from downstack.cli.reading import read_where
from downstack.cli.words import telling_roles
from downstack.wire.answers import Json, dump

if TYPE_CHECKING:
    from downstack.kg import KnowledgeGraph
    from downstack.results import Difference, DiffReport, Release, VersionReport

SHOWN = 200
"""Differences that a table lists; ``--json`` has all of them."""
MOVED = 20
"""Answers that a table lists, those that moved most first."""

WIDE = 110
"""Columns of a terminal from which on the files of a release have room beside it; JSON always names them."""


def releases(as_json: AsJson = False, store: Store = None) -> None:
    """List the releases of a store, newest first: what was loaded, when, and what it changed."""
    with errors(as_json):
        from downstack.errors import UserInputError
        from downstack.graph.stores.places import history_of, split_name, triple_store

        if store is None:
            raise UserInputError("the bundled knowledge has no releases", field="store", hint="name one with --store")
        path, _ = split_name(store)
        if triple_store(path) is None and not Path(path).is_dir():
            raise UserInputError(f"there is no folder {path}", field="store", hint="a load makes one")
        history = history_of(path)
        if as_json:
            document = {"store": path, "releases": [release_json(item) for item in reversed(history)]}
            sys.stdout.write(dump(document) + "\n")
        elif not history:
            Console(soft_wrap=True).print(Text(f"{path} has no releases: it is kept by hand until something is loaded"))
        else:
            _print_releases(Console(), history)


def diff(
    before: Annotated[
        str,
        typer.Argument(
            metavar="BEFORE",
            help="A release of the store (the beginning of its hash, or a date), or a store.",
            show_default=False,
        ),
    ],
    after: Annotated[
        str,
        typer.Argument(
            metavar="AFTER", help="The newer one; the bundled knowledge is called bundled.", show_default=False
        ),
    ],
    impact: Annotated[bool, typer.Option("--impact", help="Say which answers moved, and by how much.")] = False,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target", metavar="QUANTITY", help="Compare this answer; some headlines at first. Means --impact."
        ),
    ] = None,
    where: Where = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Say what two versions of the graph state differently, value by value."""
    selection = read_where(where or [])
    with errors(as_json):
        graphs = [_opened(name, store) for name in (before, after)]
        report = graphs[0].diff(graphs[1], impact=impact or bool(target), targets=target or None, where=selection)
        if as_json:
            sys.stdout.write(dump(diff_json(report)) + "\n")
        else:
            _print_diff(Console(), report)


def _opened(name: str, store: str | None) -> KnowledgeGraph:
    from downstack.graph.stores.places import history_of, split_name
    from downstack.kg import KnowledgeGraph

    if name == "bundled":
        return KnowledgeGraph.open()
    if store is not None and "://" not in name and not Path(name).exists() and history_of(split_name(store)[0]):
        return KnowledgeGraph.open(split_name(store)[0], release=name)
    return KnowledgeGraph.open(name)


def release_json(item: Release) -> Json:
    """Return a release."""
    return {
        "id": item.id,
        "created": item.created,
        "loader": item.loader,
        "sources": list(item.sources),
        "files": item.files,
        "entities": item.entities,
        "facts": item.facts,
        "relations": item.relations,
        "influences": item.influences,
        "triples": item.triples,
        "added": item.added,
        "changed": item.changed,
        "removed": item.removed,
        "rejected": [{"reason": reason, "count": count} for reason, count in item.rejected],
    }


def diff_json(report: DiffReport) -> Json:
    """Return what differs, and which answers moved when that was asked for."""
    return {
        "before": report.before,
        "after": report.after,
        "differences": [
            {
                "kind": item.kind,
                "change": item.change,
                "name": item.name,
                "iri": item.iri,
                "before": item.before,
                "after": item.after,
                "sourceBefore": item.source_before,
                "sourceAfter": item.source_after,
                "supersededBy": item.superseded_by,
            }
            for item in report.differences
        ],
        "impact": None if report.impact is None else _impact_json(report.impact),
    }


def _impact_json(report: VersionReport) -> Json:
    return {
        "method": report.method,
        "effects": [
            {
                "key": dict(item.key.roles),
                "quantity": item.quantity.id,
                "unit": item.unit,
                "before": item.before,
                "after": item.after,
                "change": item.change,
                "statusBefore": str(item.status_before),
                "statusAfter": str(item.status_after),
                "causes": [{"cause": part.cause, "amount": part.amount, "share": part.share} for part in item.causes],
                "reason": item.reason,
            }
            for item in report.effects
        ],
        "unchanged": report.unchanged,
        "onlyBefore": report.only_before,
        "onlyAfter": report.only_after,
        "functions": [str(item) for item in report.functions],
    }


def _print_releases(console: Console, history: tuple[Release, ...]) -> None:
    table = Table(box=None, header_style="bold")
    for name in ("release", "made (UTC)", "with"):
        table.add_column(name, no_wrap=True)
    for name in ("facts", "changes"):
        table.add_column(name, justify="right", no_wrap=True)
    wide = console.width >= WIDE
    if wide:
        table.add_column("from", overflow="fold")
    for item in reversed(history):
        changes = f"+{item.added:,} ~{item.changed:,} -{item.removed:,}"
        names = ", ".join(Path(name).name for name in item.sources)
        made = item.created[:16].replace("T", " ")
        cells = [item.id, made, item.loader, f"{item.facts:,}", changes, *([names] if wide else [])]
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)


def print_differences(console: Console, report: DiffReport) -> None:
    """Print what was added, removed and changed, with values and sources."""
    counts = ", ".join(
        f"{name} {change} {number}"
        for name in ("entity", "fact", "relation", "influence")
        for change in ("added", "changed", "superseded", "removed")
        if (number := report.count(name, change))
    )
    console.print(Text(counts or "nothing is stated differently"), soft_wrap=True)
    for item in report.differences[:SHOWN]:
        console.print(_line(item), soft_wrap=True)
    if len(report.differences) > SHOWN:
        console.print(Text(f"... and {len(report.differences) - SHOWN} more; --json has all of them"), style="dim")


def _line(item: Difference) -> Text:
    sign, style = {"added": ("+", "green"), "removed": ("-", "red")}.get(item.change, ("~", "yellow"))
    said = " -> ".join(part for part in (item.before, item.after) if part is not None)
    text = Text.assemble((f"{sign} ", style), f"{item.kind} {item.name}: {said}")
    if item.superseded_by:
        text.append(f", superseded by {item.superseded_by.rsplit('/', 1)[-1]}")
    sources = list(dict.fromkeys(part for part in (item.source_before, item.source_after) if part))
    if sources:
        text.append(f"  [{' -> '.join(sources)}]", style="dim")
    return text


def _print_diff(console: Console, report: DiffReport) -> None:
    console.print(Text(f"from {report.before} to {report.after}"))
    print_differences(console, report)
    found = report.impact
    if found is None:
        return
    console.print()
    console.print(
        Text(
            f"{len(found.effects)} answers moved, {found.unchanged} did not; "
            f"{found.only_before} only before, {found.only_after} only after"
        )
    )
    for function in found.functions:
        console.print(Text(str(function)))
    table = Table(box=None, header_style="bold")
    for name in ("answer", "of"):
        table.add_column(name, overflow="fold")
    for name in ("before", "after", "change", "because"):
        table.add_column(name, justify="right" if name != "because" else "left")
    for item in found.effects[:MOVED]:
        because = "; ".join(f"{part.cause} {part.amount:+.4g}" for part in item.causes) or (item.reason or "")
        table.add_row(
            f"{item.quantity.id} [{item.unit}]".replace("[", r"\["),
            Text(", ".join(telling_roles(item.key).values())),
            "-" if item.before is None else f"{item.before:.4g}",
            "-" if item.after is None else f"{item.after:.4g}",
            "-" if item.change is None else f"{item.change:+.4g}",
            Text(because),
        )
    if found.effects:
        console.print(table)
    if len(found.effects) > MOVED:
        console.print(Text(f"... and {len(found.effects) - MOVED} more; --json has all of them"), style="dim")
