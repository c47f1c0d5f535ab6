"""What the settings say about the bounds of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from downstack.graphql.guards import Guards
from downstack.graphql.stored import read_trusted
from downstack.server.rate import RateLimit

if TYPE_CHECKING:
    from downstack.server.settings import Settings

PRODUCTION_RATE = 50.0
"""Requests per second of one client in production, unless the operator says otherwise."""
BURST = 2.0
"""Seconds of the rate that a client may use up at once, unless the operator says otherwise."""


def guards_of(settings: Settings) -> Guards:
    """Return the bounds of requests, answers and time.

    Raises
    ------
    UserInputError
        If the file of trusted documents cannot be read.
    """
    trusted = settings.trusted_documents
    return Guards(
        deadline_seconds=settings.deadline_seconds,
        response_bytes=settings.max_response_bytes,
        trusted=None if trusted is None else read_trusted(trusted),
    )


def rate_of(settings: Settings) -> RateLimit | None:
    """Return how often one client may ask; None for as often as it wants."""
    rate = settings.rate_limit
    if rate is None:
        rate = PRODUCTION_RATE if settings.production else 0.0
    if rate == 0.0:
        return None
    return RateLimit(rate, settings.rate_burst or max(1.0, BURST * rate))
