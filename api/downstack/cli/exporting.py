"""``downstack export``: the graph, or what it computes, into files that other programs read."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from downstack.cli.options import AsJson, AsOf, Store, Where, errors
from downstack.cli.reading import read_where
from downstack.results import ExportReport
from downstack.wire.answers import dump


class Format(StrEnum):
    """What can be exported."""

    TURTLE = "turtle"
    NTRIPLES = "ntriples"
    JSONLD = "jsonld"
    GRAPHML = "graphml"
    CSV = "csv"
    PARQUET = "parquet"
    DOT = "dot"
    MERMAID = "mermaid"
    PLAN = "plan"


def export(
    format: Annotated[
        Format,
        typer.Argument(
            metavar="FORMAT",
            help="turtle, ntriples, jsonld, graphml, csv, parquet, dot, mermaid; plan: how the targets are computed.",
            show_default=False,
        ),
    ],
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH",
            help="A file; for several tables a folder, for a plan PATH.json and PATH.npz. Printed at first.",
        ),
    ] = None,
    entity: Annotated[
        str | None, typer.Option("--entity", metavar="ID", help="Only this entity and what is around it.")
    ] = None,
    depth: Annotated[int, typer.Option("--depth", min=0, help="So many relations or influences around it.")] = 1,
    table: Annotated[
        list[str] | None,
        typer.Option(
            "--table",
            metavar="TABLE",
            help="csv, parquet: only entities, facts, relations, influences, sources or quantities; may be repeated.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there already.")] = False,
    target: Annotated[
        list[str] | None, typer.Option("--target", metavar="QUANTITY", help="plan: compute this; may be repeated.")
    ] = None,
    where: Where = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Write the graph in a format that other programs read, or how some quantities are computed (plan)."""
    if format is Format.PLAN:
        if entity is not None or table:
            raise typer.BadParameter("a plan has --target and --where; --entity and --table are for the graph itself")
        _plan(path or Path("plan"), target, where, as_of, as_json, store)
        return
    if target or where or as_of:
        raise typer.BadParameter(f"--target, --where and --as-of belong to a plan; {format} takes --entity and --depth")
    if path is None and (format is Format.PARQUET or (format is Format.CSV and len(table or ()) != 1)):
        raise typer.BadParameter(f"{format} needs a PATH to write to; csv with one --table can also be printed")
    if path is None and as_json:
        raise typer.BadParameter("--json describes the files that were written: name a PATH")
    with errors(as_json):
        from downstack.kg import KnowledgeGraph

        kg = KnowledgeGraph.open(store)
        report = kg.export(format.value, path, entity=entity, depth=depth, tables=table, force=force)
        if report.content is not None:
            # Lines end as the format says: CSV has its own.
            sys.stdout.buffer.write(report.content.encode("utf-8"))
            sys.stdout.buffer.flush()
        elif as_json:
            sys.stdout.write(dump(_json(report)) + "\n")
        else:
            _print(Console(soft_wrap=True), report)


def _json(report: ExportReport) -> dict[str, object]:
    return {
        "format": report.format,
        "graphVersion": report.graph_version,
        "files": list(report.files),
        "entities": report.entities,
        "facts": report.facts,
        "relations": report.relations,
        "influences": report.influences,
        "triples": report.triples,
    }


def _print(console: Console, report: ExportReport) -> None:
    triples = "" if report.triples is None else f"{report.triples:,} triples: "
    counts = (
        f"{report.entities:,} entities, {report.facts:,} facts, {report.relations:,} relations, "
        f"{report.influences:,} influences"
    )
    for file in report.files:
        console.print(Text(file))
    console.print(Text(f"{triples}{counts}"))
    console.print(Text(f"graph {report.graph_version}", style="dim"))


def _plan(
    path: Path,
    target: list[str] | None,
    where: list[str] | None,
    as_of: str | None,
    as_json: bool,
    store: str | None,
) -> None:
    selection = read_where(where or [])
    if not target:
        raise typer.BadParameter("there is no target: name what the plan computes with --target QUANTITY")
    with errors(as_json):
        from downstack.kg import KnowledgeGraph

        found = KnowledgeGraph.open(store).export_plan(target, selection, as_of)
        described, held = found.save(path)
        steps = found.description["steps"]
        if as_json:
            written = {"format": "plan", "files": [str(described), str(held)], "steps": len(steps)}
            sys.stdout.write(dump({**written, "graphVersion": found.description["graphVersion"]}) + "\n")
        else:
            console = Console(soft_wrap=True)
            rows = sum(step["rows"] for step in steps)
            console.print(Text(f"{described} and {held}: {len(steps)} steps, {rows:,} rows"))
            program = f"from downstack.engine.exported import load; load({str(described)!r}).run()"
            console.print(Text(f"run it: python -c {shlex.quote(program)}"))
            console.print(Text(f"graph {found.description['graphVersion']}", style="dim"))
