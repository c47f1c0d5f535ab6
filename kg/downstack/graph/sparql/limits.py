"""What a query may use. Each bound is enforced where it is named, none of them by trusting the query."""

from __future__ import annotations

from dataclasses import dataclass

MAX_QUERY_BYTES = 64 * 1024
"""Of the text, in UTF-8; nothing larger reaches a parser."""
MAX_NESTING = 200
"""Open brackets and chains of prefix operators: the parser of Oxigraph descends once for each, and the process ends
where its stack does."""
MAX_PREFIX = 255
"""Characters of a prefix or of the label of a blank node: without a bound, reading is quadratic in the text."""


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """The bounds of one query, and how many run at a time."""

    seconds: float = 10.0
    """A worker that is not done by then is ended."""
    start: float = 30.0
    """Seconds that a query waits for the graph to be read, which the first one starts."""
    memory: int = 512 * 2**20
    """Bytes that a worker may take beyond the graph that it shares with the others."""
    answer: int = 100_000_000
    """Bytes of an answer; a longer one ends there, and says so."""
    whole: int = 2**20
    """Bytes up to which an answer is held until it is whole: what becomes of it is known before anything is sent. Of a longer
    one no more than that is ever held."""
    workers: int = 2
    """Queries that run at a time."""
    waiting: int = 16
    """Queries that wait for a worker; more are turned away."""
