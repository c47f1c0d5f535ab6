"""Whether the SDK of the protocol is installed; asking costs no import."""

from __future__ import annotations

import importlib.util

from downstack.errors import UnavailableError


def has_sdk() -> bool:
    """Return whether the SDK is installed."""
    return importlib.util.find_spec("mcp") is not None


def check_sdk() -> None:
    """Refuse to speak the protocol without the SDK.

    Raises
    ------
    UnavailableError
        If it is not installed.
    """
    if not has_sdk():
        raise UnavailableError(
            "the SDK of the Model Context Protocol is not installed", hint="pip install 'downstack[api,mcp]'"
        )
