"""``downstack validate``: what is wrong in knowledge, and what is doubtful."""

from __future__ import annotations

import sys
from collections import Counter
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from downstack.cli.options import AsJson, Store, errors
from downstack.cli.signs import check_signs
from downstack.errors import Finding
from downstack.graph.quality.rule import SEVERITIES
from downstack.wire.answers import dump

STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


class Severity(StrEnum):
    """From what refuses to what is good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


def validate(
    path: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Turtle files or folders; the bundled knowledge at first."),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="RULE", help="Look only at this rule of plausibility; may be repeated."),
    ] = None,
    severity: Annotated[
        Severity, typer.Option("--severity", help="Print what is at least this severe.")
    ] = Severity.NOTE,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules of plausibility instead.")] = False,
    signs: Annotated[
        bool, typer.Option("--signs", help="Compare the formulas with the directions that influences state instead.")
    ] = False,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Check Turtle against the vocabulary, the units, the shapes and the rules of plausibility; fail on errors only."""
    if signs and path:
        raise typer.BadParameter("--signs looks at a whole graph: name it with --store")
    with errors(as_json):
        if rules:
            _print_rules(as_json)
            return
        if signs:
            check_signs(store, as_json)
            return
        from pathlib import Path

        from downstack.graph.loading import validate_paths

        paths = path or ([store] if store else None)
        findings = validate_paths(None if paths is None else [Path(item) for item in paths], rule)
        wanted = SEVERITIES[: SEVERITIES.index(severity) + 1]
        shown = tuple(item for item in findings if item.severity in wanted)
        if as_json:
            sys.stdout.write(dump(_json(findings, shown)) + "\n")
        else:
            _print(Console(soft_wrap=True), findings, shown)
        if any(item.is_error for item in findings):
            raise typer.Exit(1)


def _counts(findings: tuple[Finding, ...]) -> dict[str, int]:
    found = Counter(item.severity for item in findings)
    return {f"{name}s": found[name] for name in SEVERITIES}


def _json(findings: tuple[Finding, ...], shown: tuple[Finding, ...]) -> dict[str, object]:
    return {
        "valid": not any(item.is_error for item in findings),
        **_counts(findings),
        "findings": [
            {
                "severity": item.severity,
                "rule": item.rule,
                "file": item.file,
                "line": item.line,
                "what": item.what,
                "remedy": item.remedy,
            }
            for item in shown
        ],
    }


def _print(console: Console, findings: tuple[Finding, ...], shown: tuple[Finding, ...]) -> None:
    for item in shown:
        place = item.file if item.line is None else f"{item.file}:{item.line}"
        console.print(
            Text.assemble((item.severity, STYLES[item.severity]), f" {place}: {item.what}", (f" [{item.rule}]", "dim"))
        )
        if item.remedy:
            console.print(Text(f"    {item.remedy}", style="dim"))
    counts = [f"{count} {name if count != 1 else name[:-1]}" for name, count in _counts(findings).items() if count]
    hidden = len(findings) - len(shown)
    console.print(", ".join(counts) + (f" ({hidden} not shown)" if hidden else "") if counts else "no findings")


def _print_rules(as_json: bool) -> None:
    from downstack.graph.quality.rules import RULES

    if as_json:
        listed = [{"rule": item.id, "severities": list(item.severities), "says": item.says} for item in RULES]
        sys.stdout.write(dump({"rules": listed}) + "\n")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("rule", "may be", "what holds where it finds nothing"):
        table.add_column(column, no_wrap=column == "rule")
    for item in RULES:
        table.add_row(item.id, ", ".join(item.severities), item.says)
    Console().print(table)
