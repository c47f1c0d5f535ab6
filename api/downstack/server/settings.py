"""What the environment says about the service; arguments of the command line come before it."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from downstack.access.settings import AccessSettings
from downstack.errors import UserInputError
from downstack.graphql.streams import StreamLimits
from downstack.server.logs import FORMATS, LEVELS

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
MAX_WORKERS = 64
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
    sparql_workers: int = 2
    """DOWNSTACK_SPARQL_WORKERS: SPARQL queries that run at a time; without any there is no ``/sparql``."""
    sparql_max_bytes: int = 100_000_000
    """DOWNSTACK_SPARQL_MAX_BYTES: how long an answer of SPARQL may be; one that has begun is cut off there."""
    trusted_proxies: tuple[str, ...] = ()
    """DOWNSTACK_TRUSTED_PROXIES: addresses and networks, separated by commas, of proxies that may say for whom they ask."""
    log_format: str = "text"
    """DOWNSTACK_LOG_FORMAT: text for people, or json: one object a line."""
    log_level: str = "info"
    """DOWNSTACK_LOG_LEVEL: debug, info, warning or error; requests are logged at info."""
    drain_seconds: float = 0.0
    """DOWNSTACK_DRAIN_SECONDS: how long after SIGTERM requests are still taken while /readyz says 503."""
    grace_seconds: float = 30.0
    """DOWNSTACK_GRACE_SECONDS: how long a request may go on after the service has stopped listening."""
    workers: int = 1
    """DOWNSTACK_WORKERS: processes behind one address, each with a graph of its own; more than one need DOWNSTACK_CURSOR_KEY."""
    public_read_only: bool = False
    """DOWNSTACK_PUBLIC_READ_ONLY: whether anybody may read, also from other machines."""
    access: AccessSettings = field(default_factory=AccessSettings)
    """DOWNSTACK_TOKENS_FILE and DOWNSTACK_OIDC_...: who may ask."""
    streams: StreamLimits = field(default_factory=StreamLimits)
    """DOWNSTACK_MAX_SUBSCRIPTIONS, DOWNSTACK_MAX_STREAMS_PER_CLIENT and DOWNSTACK_MAX_STREAMS: how many may subscribe."""

    deadline_seconds: float = 10.0
    """DOWNSTACK_DEADLINE_SECONDS: how long an answer may take; what computes longer is stopped and says so."""
    max_response_bytes: int = 2_000_000
    """DOWNSTACK_MAX_RESPONSE_BYTES: how large an answer of GraphQL may be, and each message of a stream."""
    rate_limit: float | None = None
    """DOWNSTACK_RATE_LIMIT: requests per second of one client; 0 for any number. None at first, 50 in production."""
    rate_burst: float | None = None
    """DOWNSTACK_RATE_BURST: requests at once after a pause; those of two seconds unless given."""
    trusted_documents: str | None = None
    """DOWNSTACK_TRUSTED_DOCUMENTS: a file of registered queries, the only ones that are then answered."""
    mcp: bool = True
    """DOWNSTACK_MCP: whether assistants may ask at ``/mcp``; that takes downstack[mcp]."""
    production: bool = False
    """DOWNSTACK_PRODUCTION: no schema, no explorer, no near names in errors, and a rate limit."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings, and refuse values that mean nothing; a variable without a value is as if it were not set."""
        found = os.environ if environment is None else environment
        given = {name: text for name, text in found.items() if text.strip()}
        key = given.get("DOWNSTACK_CURSOR_KEY")
        return cls(
            store=given.get("DOWNSTACK_STORE") or None,
            host=given.get("DOWNSTACK_HOST") or DEFAULT_HOST,
            port=_port(given.get("DOWNSTACK_PORT") or str(DEFAULT_PORT)),
            introspection=_flag("DOWNSTACK_INTROSPECTION", given.get("DOWNSTACK_INTROSPECTION") or "1"),
            cors_origins=_names(given.get("DOWNSTACK_CORS_ORIGINS", "")),
            cursor_key=key.encode() if key else None,
            deadline_seconds=_number(
                "DOWNSTACK_DEADLINE_SECONDS", given.get("DOWNSTACK_DEADLINE_SECONDS") or "10", 0.01, 3600
            ),
            max_response_bytes=int(
                _number(
                    "DOWNSTACK_MAX_RESPONSE_BYTES", given.get("DOWNSTACK_MAX_RESPONSE_BYTES") or "2000000", 1_000, 1e9
                )
            ),
            rate_limit=_optional_number("DOWNSTACK_RATE_LIMIT", given, 0, 1e6),
            rate_burst=_optional_number("DOWNSTACK_RATE_BURST", given, 1, 1e6),
            trusted_documents=given.get("DOWNSTACK_TRUSTED_DOCUMENTS") or None,
            mcp=_flag("DOWNSTACK_MCP", given.get("DOWNSTACK_MCP") or "1"),
            production=_flag("DOWNSTACK_PRODUCTION", given.get("DOWNSTACK_PRODUCTION") or "0"),
            trusted_proxies=_names(given.get("DOWNSTACK_TRUSTED_PROXIES", "")),
            log_format=_one_of("DOWNSTACK_LOG_FORMAT", given.get("DOWNSTACK_LOG_FORMAT") or "text", FORMATS),
            log_level=_one_of("DOWNSTACK_LOG_LEVEL", given.get("DOWNSTACK_LOG_LEVEL") or "info", LEVELS),
            drain_seconds=_number("DOWNSTACK_DRAIN_SECONDS", given.get("DOWNSTACK_DRAIN_SECONDS") or "0", 0, 3600),
            grace_seconds=_number("DOWNSTACK_GRACE_SECONDS", given.get("DOWNSTACK_GRACE_SECONDS") or "30", 0, 3600),
            sparql_workers=int(
                _number("DOWNSTACK_SPARQL_WORKERS", given.get("DOWNSTACK_SPARQL_WORKERS") or "2", 0, 64, whole=True)
            ),
            sparql_max_bytes=int(
                _number(
                    "DOWNSTACK_SPARQL_MAX_BYTES",
                    given.get("DOWNSTACK_SPARQL_MAX_BYTES") or "100000000",
                    1_000,
                    1e12,
                )
            ),
            workers=int(
                _number("DOWNSTACK_WORKERS", given.get("DOWNSTACK_WORKERS") or "1", 1, MAX_WORKERS, whole=True)
            ),
            public_read_only=_flag("DOWNSTACK_PUBLIC_READ_ONLY", given.get("DOWNSTACK_PUBLIC_READ_ONLY") or "0"),
            access=AccessSettings.from_environment(given),
            streams=StreamLimits.from_environment(given),
        )

    def to_environment(self) -> dict[str, str]:
        """Return the variables that :meth:`from_environment` reads these settings from: how a worker process gets them."""
        found: dict[str, str] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if value is None:
                continue
            if isinstance(value, AccessSettings | StreamLimits):
                found |= value.to_environment()
                continue
            if isinstance(value, bytes):
                value = value.decode()
            elif isinstance(value, bool):
                value = int(value)
            elif isinstance(value, tuple):
                value = ",".join(map(str, value))
            found[f"DOWNSTACK_{item.name.upper()}"] = str(value)
        return found


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text[:6]) <= 65_535:
        raise UserInputError(f"DOWNSTACK_PORT is {text!r}", field="DOWNSTACK_PORT", hint="give a port from 1 to 65535")
    return int(text)


def _optional_number(name: str, given: Mapping[str, str], least: float, most: float) -> float | None:
    text = given.get(name)
    return _number(name, text, least, most) if text else None


def _names(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def _one_of(name: str, text: str, allowed: tuple[str, ...]) -> str:
    word = text.strip().lower()
    if word in allowed:
        return word
    raise UserInputError(f"{name} is {text[:80]!r}", field=name, hint=f"one of {', '.join(allowed)}")


def _number(name: str, text: str, least: float, most: float, *, whole: bool = False) -> float:
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = math.nan
    if least <= value <= most:
        return value
    kind = "a whole number" if whole else "a number"
    raise UserInputError(f"{name} is {text[:80]!r}", field=name, hint=f"give {kind} from {least:g} to {most:g}")


def _flag(name: str, text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise UserInputError(f"{name} is {text!r}", field=name, hint="write 1 or 0")
