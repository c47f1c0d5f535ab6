"""Which of several media types a client would rather have."""

from __future__ import annotations

from collections.abc import Sequence

from downstack.graph.sparql.formats import Format

MOST = 50
"""Media ranges of one Accept header that are read."""


def chosen(accept: str | None, formats: Sequence[Format]) -> Format | None:
    """Return the format that a client would rather have, the first of equals; None when it takes none of them.

    Parameters
    ----------
    accept
        The Accept header; everything is welcome without one.
    formats
        What there is, in the order of the server.
    """
    if accept is None or not accept.strip():
        return formats[0]
    ranges = [_range(item) for item in accept.split(",")[:MOST] if item.strip()]
    best, found = 0.0, None
    for item in formats:
        weight = max(_weight(name, ranges, alias=name != item.media_type) for name in (item.media_type, *item.also))
        if weight > best:
            best, found = weight, item
    return found


def _range(text: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                quality = min(max(float(value), 0.0), 1.0)
            except ValueError:
                quality = 0.0
    # "nan" is a float to Python, and compares as nothing.
    return name, quality if quality == quality else 0.0


def _weight(name: str, ranges: Sequence[tuple[str, float]], *, alias: bool) -> float:
    # An alias is what a client may call a format by name; a range of types is about the names themselves.
    family = name.partition("/")[0] + "/*"
    for wanted in (name,) if alias else (name, family, "*/*"):
        for found, quality in ranges:
            if found == wanted:
                return quality
    return 0.0
