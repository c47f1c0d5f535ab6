"""What the cells of Epoch AI's tables say: numbers, days, lists of names, notes, and how sure the source is."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from downstack.loaders.dates import parse_date
from downstack.loaders.texts import clean

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_MEASURED = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?\s*[^\d\s.,]\D*", re.ASCII)
_TAG = re.compile(r"\s*#(\w+)\s*$")
_URL = re.compile(r"https?://[^\s<>\"]+")
MAX_NOTE = 400
"""Characters of a note that are kept; Epoch AI's notes run to pages of calculation."""
MAX_NAME = 160
MAX_NUMBER = 64
_YEAR = re.compile(r"(\d{4})\.0")
"""A year that passed through a column of numbers."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a cell is no value."""

    reason: str


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a list of names, with the tag that may stand behind it."""

    name: str
    tag: str = ""


def number(text: str, *, zero: bool = False, most: float = math.inf) -> float | Refusal:
    """Read a cell as one number that is not negative.

    Parameters
    ----------
    zero
        Whether 0 is a value; in most columns it stands for one that is missing.
    most
        The largest value that can be.

    Examples
    --------
    >>> number("1.5e+16")
    1.5e+16
    >>> number("1,000").reason
    'commas inside the number'
    >>> number("12 %").reason
    'a unit inside the cell'
    >>> number("1e400").reason
    'not a finite number'
    """
    if len(text) > MAX_NUMBER or not _NUMBER.fullmatch(text):
        return Refusal(_why(text))
    value = float(text)
    if not math.isfinite(value):
        return Refusal("not a finite number")
    if value < 0.0 or (value == 0.0 and text.startswith("-")):
        return Refusal("negative, and the quantity cannot be")
    if value == 0.0 and not zero:
        return Refusal("0 stands for a value that is missing")
    return Refusal(f"above {most:g}, the most that it can be") if value > most else value


def _why(text: str) -> str:
    if text.strip("+-").casefold() in ("nan", "inf", "infinity"):
        return "not a finite number"
    if _GROUPED.fullmatch(text):
        return "commas inside the number"
    return "a unit inside the cell" if _MEASURED.fullmatch(text) else "not a number"


def day(text: str) -> str | Refusal | None:
    """Read a cell as an ISO date that has come; None when it is empty.

    Examples
    --------
    >>> day("12/31/2022"), day("2026-03-18 12:56:18+00:00"), day("")
    ('2022-12-31', '2026-03-18', None)
    >>> day("31/12/2022").reason
    'not a date'
    """
    if not text:
        return None
    year = _YEAR.fullmatch(text)
    found = parse_date(year[1] if year else text).as_of
    if found is None or not found.isascii():
        return Refusal("not a date")
    try:
        date.fromisoformat(f"{found}-01-01"[:10])
    except ValueError:
        return Refusal("not a date")
    # The table may be written where it is tomorrow already; anything later was not observed.
    return Refusal("a date to come") if found > datetime.now(tz=UTC).date().isoformat()[: len(found)] else found


def note(*parts: str) -> str | None:
    """Remarks joined, each cut at :data:`MAX_NOTE` characters.

    Examples
    --------
    >>> note("", "per GPU", "x")
    'per GPU; x'
    """
    kept = [item if len(item) <= MAX_NOTE else item[: MAX_NOTE - 4].rstrip() + " ..." for item in map(clean, parts)]
    return "; ".join(item for item in kept if item) or None


def listed(text: str) -> list[Named]:
    """The names in a cell that holds several, in order, each once.

    A comma separates names when no space follows it: "Co., Ltd." is inside one. Names in quotes may hold anything.

    Examples
    --------
    >>> [item.name for item in listed('Some Network Technology Co., Ltd.,"A, B",C')]
    ['Some Network Technology Co., Ltd.', 'A, B', 'C']
    >>> listed("OpenAI #confident, Microsoft #likely")
    [Named(name='OpenAI', tag='confident'), Named(name='Microsoft', tag='likely')]
    """
    spaced = re.sub(r"(#\w+)\s*,\s*", r"\1,", text)
    items = re.findall(r'"(?:[^"]|"")*"|(?:[^,]|,(?=\s))+', spaced)
    found: dict[str, Named] = {}
    for item in items:
        words = item.strip()
        if len(words) > 1 and words[0] == words[-1] == '"':
            words = words[1:-1].replace('""', '"')
        tag = _TAG.search(words)
        name = clean(words[: tag.start()] if tag else words)
        if name:
            found.setdefault(name, Named(name, tag[1] if tag else ""))
    return list(found.values())


def addresses(*texts: str) -> str:
    """The web addresses in some cells, each once.

    Examples
    --------
    >>> addresses("see page 3", "https://example.org/a, https://example.org/b", "https://example.org/a")
    'https://example.org/a https://example.org/b'
    """
    found = (match[0].rstrip(").,;") for text in texts for match in _URL.finditer(text))
    return " ".join(dict.fromkeys(found))


CONFIDENCE = {
    "confident": "press", "confirmed": "press",
    "likely": "estimate", "speculative": "estimate", "unlikely": "estimate", "uncertain": "estimate",
    "unknown": "estimate", "unverified": "estimate",
}  # fmt: skip
"""Epoch AI's words for how sure it is -> the graph's."""


def confidence(word: str) -> str:
    """The graph's word for one of Epoch AI's; an estimate when there is none, or one that is not known."""
    return CONFIDENCE.get(word.strip().casefold(), "estimate")
