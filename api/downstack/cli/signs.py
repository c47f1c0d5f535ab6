"""Formulas against the directions that influences state: ``validate --signs``."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.text import Text

from downstack.wire.answers import dump, sign_json


def check_signs(store: str | None, as_json: bool) -> None:
    """Print how the formulas of a graph compare with its influences; exit status 1 when some disagree."""
    from downstack.kg import KnowledgeGraph

    found = KnowledgeGraph.open(store).compare_signs()
    opposed = [item for item in found if item.disagrees]
    if as_json:
        sys.stdout.write(dump({"valid": not opposed, "signs": [sign_json(item) for item in found]}) + "\n")
    else:
        console = Console(soft_wrap=True)
        for item in found:
            console.print(Text(item.text, style="yellow" if item.disagrees else ""))
        console.print(f"{len(found)} influences compared with the formulas, {len(opposed)} disagree")
    if opposed:
        raise typer.Exit(1)
