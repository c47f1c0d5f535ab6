"""Tokens of every role, and services that let them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from downstack.access import Access, Role
from downstack.access.token_file import TokenFile, add_token
from downstack.access.tokens import new_token

TODAY = datetime.now(UTC).date()


@dataclass(frozen=True)
class Keys:
    """A file of tokens, and what it holds only the hashes of."""

    file: Path
    tokens: Mapping[str, str]

    def header(self, role: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.tokens[role]}"}

    def access(self, *, public_read: bool = False) -> Access:
        """A policy that looks at the file with every request."""
        return Access(TokenFile(self.file, interval=0.0), public_read=public_read)


def make_keys(folder: Path) -> Keys:
    """Make one token of every role, named like it."""
    file = folder / "tokens.toml"
    tokens: dict[str, str] = {}
    for role in Role:
        tokens[role.word], entry = new_token(role.word, role, TODAY)
        add_token(file, entry)
    return Keys(file, tokens)
