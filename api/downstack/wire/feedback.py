"""Feedback loops, and how an effect unfolds in time, as JSON with the field names of GraphQL."""

from __future__ import annotations

from typing import Any

from downstack.results import Feedback, Profile


def feedback_json(item: Feedback) -> dict[str, Any]:
    """Return a loop with the field names of GraphQL."""
    return {
        "path": item.path,
        "members": list(item.members),
        "status": str(item.status),
        "gain": item.gain,
        "amplification": item.amplification,
        "held": list(item.held),
        "lagged": item.lagged,
        "sentence": item.sentence,
    }


def profile_json(profile: Profile | None) -> dict[str, Any] | None:
    """Return a path in time with the field names of GraphQL."""
    if profile is None:
        return None
    return {
        "unit": profile.unit,
        "base": profile.base,
        "values": list(profile.values),
        "statuses": [str(status) for status in profile.statuses],
        "settled": profile.settled,
        "restFrom": profile.rest_from,
    }
