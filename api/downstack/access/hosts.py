"""The host that a request is for: a page of any site can give a name of its own the address of this machine."""

from __future__ import annotations

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""The host names of this machine."""


def host_name(header: str) -> str:
    """Return the name in a Host header, without the port."""
    if header.startswith("["):
        return header.partition("]")[0].lower() + "]"
    return header.partition(":")[0].lower()
