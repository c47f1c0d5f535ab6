"""Put generated tables into `docs/accuracy.md`, each between its marks."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "accuracy.md"


def marks(name: str) -> tuple[str, str]:
    """Return the lines that stand before and after a generated table."""
    return f"<!-- generated: {name} -->\n", f"<!-- end: {name} -->\n"


def between(text: str, name: str) -> str:
    """Return what stands between the marks of a name."""
    start, end = marks(name)
    return text.split(start, 1)[1].split(end, 1)[0]


def put(name: str, content: str, page: Path = PAGE) -> None:
    """Replace what stands between the marks of a name."""
    text = page.read_text(encoding="utf-8")
    start, end = marks(name)
    before, rest = text.split(start, 1)
    _, after = rest.split(end, 1)
    page.write_text(before + start + content + end + after, encoding="utf-8")
