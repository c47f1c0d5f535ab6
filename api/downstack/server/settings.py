"""What the environment says about the service; arguments of the command line come before it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from downstack.errors import UserInputError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the service, with their defaults."""

    store: str | None = None
    """DOWNSTACK_STORE: a store, or a folder or file of Turtle, instead of the bundled knowledge."""
    host: str = DEFAULT_HOST
    """DOWNSTACK_HOST: the address to listen on."""
    port: int = DEFAULT_PORT
    """DOWNSTACK_PORT: the port to listen on."""
    introspection: bool = True
    """DOWNSTACK_INTROSPECTION: whether clients may ask for the schema; off also hides the explorer."""
    cors_origins: tuple[str, ...] = ()
    """DOWNSTACK_CORS_ORIGINS: origins, separated by commas, whose pages may ask."""
    cursor_key: bytes | None = None
    """DOWNSTACK_CURSOR_KEY: the key of page cursors, the same on replicas behind one address; random unless given."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings, and refuse values that mean nothing."""
        given = os.environ if environment is None else environment
        key = given.get("DOWNSTACK_CURSOR_KEY")
        return cls(
            store=given.get("DOWNSTACK_STORE") or None,
            host=given.get("DOWNSTACK_HOST") or DEFAULT_HOST,
            port=_port(given.get("DOWNSTACK_PORT") or str(DEFAULT_PORT)),
            introspection=_flag("DOWNSTACK_INTROSPECTION", given.get("DOWNSTACK_INTROSPECTION") or "1"),
            cors_origins=tuple(
                item.strip() for item in given.get("DOWNSTACK_CORS_ORIGINS", "").split(",") if item.strip()
            ),
            cursor_key=key.encode() if key else None,
        )


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text[:6]) <= 65_535:
        raise UserInputError(f"DOWNSTACK_PORT is {text!r}", field="DOWNSTACK_PORT", hint="give a port from 1 to 65535")
    return int(text)


def _flag(name: str, text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise UserInputError(f"{name} is {text!r}", field=name, hint="write 1 or 0")
