"""Who asks: a name, a role, and how long that holds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """What somebody may do; a higher role may do all that a lower one may."""

    READ = 1
    WRITE = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """The word for it in files, on the command line and in messages."""
        return self.name.lower()


ROLES = {role.word: role for role in Role}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks."""

    name: str
    """The name of a token, or ``oidc:`` and the subject that an identity provider vouches for."""
    role: Role | None
    """None for somebody known who was given no role."""
    identifier: str = ""
    """Of a token from a file: which one, so that it can be seen later whether it still holds."""
    expires: float | None = None
    """When it ceases to hold, in seconds since 1970; None for never."""

    def may(self, role: Role) -> bool:
        """Return whether all that a role allows is allowed."""
        return self.role is not None and self.role >= role

    @property
    def expired(self) -> bool:
        """True when its time is over."""
        return self.expires is not None and time.time() >= self.expires
