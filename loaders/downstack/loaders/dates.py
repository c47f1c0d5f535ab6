"""Dates as tables write them, made ISO or left out.

A date never says more than is known: ``2025-2026 (undated commit)`` was stated in 2025 at the earliest, so its date is
that year and the words of the source stay in the note; what names no year has no date. ISO 8601 has no quarters: one is
its last month, because what is said of a quarter is known when it has ended, and because two quarters of one year must
stay two dates. A half year stays its year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from downstack.graph.checks.common import is_date

_ISO = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII)
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_RANGE = re.compile(r"(\d{4}(?:-\d{2}(?:-\d{2})?)?)\.\.(\d{4}(?:-\d{2}(?:-\d{2})?)?)", re.ASCII)
_YEARS = re.compile(r"(\d{4})-\d{4}\b", re.ASCII)
_QUARTER = re.compile(r"(\d{4})-Q([1-4])(?=$|[ /(])", re.ASCII)
_LEADING = re.compile(r"(\d{4}(?:-\d{2}(?:-\d{2})?)?)(?=$|[ /(]|-H\d|-mid)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Date:
    """A start, an end where the source gives one, and the source's words when they say more than the dates."""

    as_of: str | None
    valid_until: str | None = None
    words: str | None = None


def parse_date(text: str) -> Date:
    """Read a date column.

    Examples
    --------
    >>> parse_date("2026-08")
    Date(as_of='2026-08', valid_until=None, words=None)
    >>> parse_date("2023-07..2025-05")
    Date(as_of='2023-07', valid_until='2025-05', words=None)
    >>> parse_date("2025-2026 (undated commit)")
    Date(as_of='2025', valid_until=None, words='2025-2026 (undated commit)')
    >>> parse_date("2025-Q2")
    Date(as_of='2025-06', valid_until=None, words='2025-Q2')
    >>> parse_date("2025-H2")
    Date(as_of='2025', valid_until=None, words='2025-H2')
    >>> parse_date("2024-02-30")
    Date(as_of=None, valid_until=None, words='2024-02-30')
    """
    text = text.strip()
    if not text:
        return Date(None)
    if _ISO.fullmatch(text):
        # What no calendar has stays words: a slip of the source must not stop everything else from being loaded.
        return Date(text) if is_date(text) else Date(None, None, text)
    if match := _AMERICAN.fullmatch(text):
        month, day, year = (int(part) for part in match.groups())
        return Date(f"{year:04d}-{month:02d}-{day:02d}")
    if match := _RANGE.fullmatch(text):
        return Date(match[1], match[2])
    if match := _YEARS.match(text):
        return Date(match[1], None, text)
    if match := _QUARTER.match(text):
        return Date(f"{match[1]}-{3 * int(match[2]):02d}", None, text)
    if (match := _LEADING.match(text)) and _ISO.fullmatch(match[1]):
        return Date(match[1], None, text)
    return Date(None, None, text)
