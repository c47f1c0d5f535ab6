"""What the files of deploy/ are held against: the real command line, the real settings, the real doors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from typer.core import TyperCommand
from typer.main import get_command

from downstack.cli import command_line
from downstack.server.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[2]
DEPLOY = CHECKOUT / "deploy"
ROOTS = ("kg", "ontology", "api", "loaders")
VARIABLES = {
    name
    for root in ROOTS
    for path in (CHECKOUT / root / "downstack").rglob("*.py")
    for name in re.findall(r'"(DOWNSTACK_[A-Z_]+)"', path.read_text(encoding="utf-8"))
}
"""All that the product reads from the environment."""
DOORS = ("/healthz", "/readyz", "/metrics", "/docs")


def check_command(words: Iterable[str]) -> None:
    """Parse a command as the real command line does, without running it."""
    found: object = get_command(command_line())
    rest = list(words)
    while (within := getattr(found, "commands", None)) is not None:
        name = rest.pop(0)
        assert name in within, f"no command {name}"
        found = within[name]
    assert isinstance(found, TyperCommand)
    found.make_context("downstack", rest)


def check_settings(variables: Mapping[str, str]) -> Settings:
    """Read the settings of the service from variables; each that is named so must be one."""
    named = {name: value for name, value in variables.items() if name.startswith("DOWNSTACK_")}
    assert set(named) - VARIABLES == set(), "no such setting"
    return Settings.from_environment(named)


def stops_in_time(settings: Settings, seconds: float) -> bool:
    """Whether what kills the service waits until it would have ended by itself."""
    return settings.drain_seconds + settings.grace_seconds + 2 < seconds
