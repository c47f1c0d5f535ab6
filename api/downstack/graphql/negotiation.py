"""Media types of requests and answers, as the GraphQL over HTTP draft has them."""

from __future__ import annotations

from functools import lru_cache

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
HTML = "text/html"
ANY = "*/*"
EVENTS = "text/event-stream"

LONGEST = 1_000
"""Characters of a header that are looked at; a browser sends two hundred."""

_OFFERED = (RESPONSE, JSON)


@lru_cache(maxsize=256)
def answer_type(accept: str) -> str | None:
    """Return the media type of an answer for an Accept header; None when none of ours is accepted.

    Who accepts anything gets ``application/json``, which every client understands. Of two that are accepted alike, the one
    that was made for GraphQL is sent: its status codes say more.
    """
    if not accept.strip():
        return JSON
    best: tuple[float, int, str] | None = None
    ranges = _ranges(accept[:LONGEST])
    for place, offered in enumerate(_OFFERED):
        quality = _quality(ranges, offered)
        # A range that takes both means no preference.
        named = any(kind == offered and q > 0.0 for kind, q in ranges)
        rank = (quality, 2 - place if named else int(offered == JSON), offered)
        if quality > 0.0 and (best is None or rank[:2] > best[:2]):
            best = rank
    return None if best is None else best[2]


@lru_cache(maxsize=256)
def accepts(accept: str, *kinds: str) -> bool:
    """Return whether an Accept header names one of some ranges itself, and does not refuse it."""
    return any(name in kinds and quality > 0.0 for name, quality in _ranges(accept[:LONGEST]))


@lru_cache(maxsize=256)
def is_json(content_type: str) -> bool:
    """Return whether a Content-Type header says JSON in UTF-8."""
    kind, *parameters = content_type[:LONGEST].split(";")
    if kind.strip().lower() != JSON:
        return False
    for item in parameters:
        name, _, value = item.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            return False
    return True


def _ranges(accept: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for item in accept.split(","):
        kind, *parameters = item.split(";")
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                try:
                    quality = min(1.0, max(0.0, float(value)))
                except ValueError:
                    quality = 0.0
        found.append((kind.strip().lower(), quality))
    return found


def _quality(ranges: list[tuple[str, float]], offered: str) -> float:
    """Return the quality of the most specific range that takes a media type."""
    for wanted in (offered, f"{offered.partition('/')[0]}/*", "*/*"):
        matched = [quality for kind, quality in ranges if kind == wanted]
        if matched:
            return max(matched)
    return 0.0
