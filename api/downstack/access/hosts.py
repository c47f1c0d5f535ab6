"""The host that a request is for: a page of any site can give a name of its own the address of this machine."""

from __future__ import annotations

import re

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""The host names of this machine."""
_BRACKETED = re.compile(r"(\[[^\]]*\])(?::[0-9]*)?")


def host_name(header: str) -> str:
    """Return the name in a Host header, without the port."""
    found = _BRACKETED.fullmatch(header)
    return (found[1] if found else header.partition(":")[0]).lower()
