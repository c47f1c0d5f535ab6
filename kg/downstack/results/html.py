"""Answers as HTML for a notebook: tables with every text escaped, since labels and reasons come from data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

SHOWN = 20
"""Rows of one table; what is left is counted below it."""


def number(value: float | None) -> str:
    """Return a number with four significant digits; a dash where there is none."""
    return "&ndash;" if value is None else escape(f"{value:,.4g}")


def percent(ratio: float | None) -> str:
    """Return a ratio as the change it is."""
    return "&ndash;" if ratio is None else escape(f"{(ratio - 1.0) * 100.0:+.3g} %")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are HTML already, title and columns are not."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def paragraph(text: str) -> str:
    """Return a line of text below a table."""
    return f"<p>{escape(text)}</p>"
