"""How old a fact is, and whether that is older than its kind of quantity allows.

Dates are text as the source gives them: a year, a month or a day. A period counts from its last day, so that a fact is
never called older than it may be. All dates are compared with each other or with the date of a question, never with the
clock of the machine: one graph version gives one answer, whenever it is opened.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from downstack.errors import UserInputError
from downstack.graph.model import Fact, QuantityKind

_DURATION = re.compile(r"P(?!$)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?")


def check_date(text: str) -> str:
    """Return an ISO date of a question; a year or a month alone is one too.

    Raises
    ------
    UserInputError
        If it is none.
    """
    try:
        date.fromisoformat(text if len(text) > 7 else f"{text}-01-01"[:10])
    except ValueError as error:
        raise UserInputError(
            f"{text!r} is not a date", field="asOf", hint="write YYYY-MM-DD, YYYY-MM or YYYY"
        ) from error
    return text


def last_day(text: str) -> date:
    """Return the last day of a date that may be only a year or a month."""
    year, *rest = (int(part) for part in text.split("-"))
    month = rest[0] if rest else 12
    return date(year, month, rest[1] if len(rest) > 1 else calendar.monthrange(year, month)[1])


def is_duration(text: str) -> bool:
    """Return whether a text is an ISO 8601 duration of years, months and days, and longer than nothing."""
    match = _DURATION.fullmatch(text)
    return match is not None and any(int(part) for part in match.groups(default="0"))


def end_of(start: date, duration: str) -> date:
    """Return the last day that is within a duration of a day; a day that a month lacks becomes its last one."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(f"{duration!r} is not a duration of years, months and days")
    years, months, days = (int(part) for part in match.groups(default="0"))
    count = start.year * 12 + start.month - 1 + years * 12 + months
    year, month = count // 12, count % 12 + 1
    if year + days // 365 >= date.max.year:
        return date.max
    day = min(start.day, calendar.monthrange(year, month)[1])
    return date(year, month, day) + timedelta(days=days)


def fact_date(fact: Fact) -> str | None:
    """Return the date that a fact is of: as it is stated, or else when its source was read; None where neither is known."""
    return fact.as_of or fact.source.retrieved


def age_in_days(fact: Fact, on: str) -> int | None:
    """Return how many days a fact was old on a date, at least; None where its date is unknown."""
    stated = fact_date(fact)
    return None if stated is None else max(0, (last_day(on) - last_day(stated)).days)


def is_stale(kind: QuantityKind, fact: Fact, on: str) -> bool:
    """Return whether a fact no longer holds on a date, or is older than its kind of quantity allows.

    A fact without any date is not called old: nobody said of when it is. An assumption is the question's own and does not
    age.
    """
    if _has_lapsed(fact, on):
        return True
    stated = fact_date(fact)
    if kind.age_budget is None or stated is None or fact.confidence == "assumption":
        return False
    return end_of(last_day(stated), kind.age_budget) < last_day(on)


def stale_reason(kind: QuantityKind, fact: Fact, on: str) -> str | None:
    """Return why a fact is stale on a date: which fact, of when, and how old; None when it is not."""
    if not is_stale(kind, fact, on):
        return None
    name = f"{fact.entity}.{fact.quantity} of {fact_date(fact) or 'an unknown date'}"
    if _has_lapsed(fact, on):
        return f"{name} held until {fact.valid_until}, before {on}, and nothing newer is known ({fact.iri})"
    return f"{name} is {age_in_days(fact, on):,} days old on {on}, older than its limit of {_spoken(kind)} ({fact.iri})"


def _has_lapsed(fact: Fact, on: str) -> bool:
    if fact.valid_until is None:
        return False
    size = min(len(fact.valid_until), len(on))
    return fact.valid_until[:size] < on[:size]


def _spoken(kind: QuantityKind) -> str:
    match = _DURATION.fullmatch(kind.age_budget or "")
    parts = {} if match is None else match.groupdict(default="0")
    said = [f"{count} {unit if int(count) > 1 else unit[:-1]}" for unit, count in parts.items() if int(count)]
    return " ".join(said)
