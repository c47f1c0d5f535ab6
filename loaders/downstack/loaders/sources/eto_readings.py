"""Shares, market sizes and countries as the ETO tables write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from downstack.loaders.texts import MAX_NAME

COUNTRIES: Mapping[str, str] = {
    "AUS": "Australia", "AUT": "Austria", "BEL": "Belgium", "BLR": "Belarus", "BRA": "Brazil", "CAN": "Canada",
    "CHE": "Switzerland", "CHN": "China", "CZE": "Czechia", "DEU": "Germany", "DNK": "Denmark", "ESP": "Spain",
    "FIN": "Finland", "FRA": "France", "GBR": "United Kingdom", "HKG": "Hong Kong", "IND": "India", "IRL": "Ireland",
    "ISR": "Israel", "ITA": "Italy", "JPN": "Japan", "KOR": "South Korea", "LUX": "Luxembourg", "MAL": "Malaysia",
    "MEX": "Mexico", "MYS": "Malaysia", "NLD": "Netherlands", "NOR": "Norway", "PHL": "Philippines", "POL": "Poland",
    "RUS": "Russia", "SGP": "Singapore", "SWE": "Sweden", "THA": "Thailand", "TWN": "Taiwan", "UKR": "Ukraine",
    "USA": "United States", "VNM": "Vietnam",
}  # fmt: skip
"""Three-letter code -> name; ``MAL`` is what the data set writes for Malaysia."""
NO_COUNTRY = frozenset({"various", "other", "others", "rest of world"})
"""What stands in the place of a country and is a rest that no country is named for."""

_SHARE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s?%", re.ASCII)
_SIZE = re.compile(
    r"(?P<bound>over|about|approximately|under)?\s*\$(?P<number>\d+(?:\.\d+)?) (?P<scale>million|billion)"
    r"(?: \((?P<part>[^()]*?[a-z][^()]*)\))?(?: \((?P<year>\d{4})\))?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class MarketSize:
    """Revenue of all sellers of an input."""

    value: float
    unit: str
    bound: str | None
    """``over``, ``about``... when the number is not meant exactly."""
    part: str | None
    """What of the input it is the market of, when the source says so."""
    year: str | None


def read_share(text: str) -> float | None:
    """A share in per cent; None unless it is one between 0 and 100.

    Examples
    --------
    >>> read_share("61%"), read_share("0.61"), read_share("161%")
    (61.0, None, None)
    """
    match = _SHARE.fullmatch(text)
    share = float(match[1]) if match else None
    return share if share is not None and share <= 100.0 else None


def read_market_size(text: str) -> MarketSize | None:
    """A market size; None unless all of the text is understood.

    Examples
    --------
    >>> read_market_size("$56.2 billion (microprocessors) (2019)")
    MarketSize(value=56.2, unit='GUSD', bound=None, part='microprocessors', year='2019')
    >>> read_market_size("Over $70 billion (2019)").bound
    'over'
    >>> read_market_size("a lot of money") is None
    True
    """
    match = _SIZE.fullmatch(text.strip()) if len(text) <= MAX_NAME else None
    if match is None:
        return None
    unit = "GUSD" if match["scale"].lower() == "billion" else "MUSD"
    bound = match["bound"].lower() if match["bound"] else None
    return MarketSize(float(match["number"]), unit, bound, match["part"], match["year"])
