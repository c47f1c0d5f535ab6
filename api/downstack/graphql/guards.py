"""What protects a service: bounds that its operator chooses, with the defaults that fit one machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from downstack.graphql.limits import LIMITS, Limits
from downstack.graphql.workers import THREADS, WAITING


@dataclass(frozen=True, slots=True)
class Guards:
    """The bounds of one service."""

    deadline_seconds: float = 10.0
    """From the arrival of a request to its answer; what computes is stopped soon after."""
    request_bytes: int = 1_000_000
    """Of a request; a question is a few thousand."""
    response_bytes: int = 2_000_000
    """Of an answer."""
    threads: int = THREADS
    """Questions that are computed at the same time."""
    waiting: int = WAITING
    """Questions that wait for a thread."""
    limits: Limits = LIMITS
    """What one document may ask."""
    trusted: Mapping[str, str] | None = None
    """The only queries that are answered, by identifier; any query unless given."""
