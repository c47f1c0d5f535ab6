"""The command line in this process, for what a command says; in a process of its own, for what a process is.

A process spends two to three seconds on importing the product and opening the bundled graph, which says nothing about one
command more than about the next. `test_processes.py` holds each command to the same output both ways.
"""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.bundled import bundled_graph
from typer.testing import CliRunner

from downstack.cli import command_line
from downstack.cli.commands import COMMANDS
from downstack.errors import Finding
from downstack.graph import loading
from downstack.graph.loading import validate_paths
from downstack.kg import KnowledgeGraph

CHECKOUT = Path(__file__).resolve().parents[1]
ROOTS = os.pathsep.join(str(CHECKOUT / root) for root in ("kg", "ontology", "api", "loaders"))

Done = subprocess.CompletedProcess[str]


def environment(**other: str) -> dict[str, str]:
    """Return what a command of a test finds in its environment: nothing that this machine sets for the product."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DOWNSTACK_")}
    return {**kept, "PYTHONPATH": ROOTS, "COLUMNS": "160", "NO_COLOR": "1", **other}


def downstack_process(*words: str, **variables: str) -> Done:
    """Run a command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "downstack.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment(**variables),
    )


def downstack(*words: str, given: str | None = None, **variables: str) -> Done:
    """Run a command in this process; what it raises is a traceback and status 1, as in a process of its own.

    `given` is what it reads from its standard input, the variables are those of its environment.
    """
    hidden: dict[str, str | None] = {key: None for key in os.environ if key.startswith("DOWNSTACK_")}
    runner = CliRunner(env=hidden | environment(**variables))
    with _bundled_knowledge_read_once():
        # The product too imports the one command that is asked for.
        app = command_line(*words[:1]) if words and words[0] in COMMANDS else command_line()
        found = runner.invoke(app, list(words), given, prog_name="downstack")
    said = found.stderr
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        said += "".join(traceback.format_exception(found.exception))
    return subprocess.CompletedProcess(words, found.exit_code, found.stdout, said)


@cache
def bundled_findings() -> tuple[Finding, ...]:
    """Everything that `downstack validate` finds in the bundled knowledge."""
    return validate_paths(None)


State = frozenset[tuple[str, int, int, int]]

_LAST: dict[State, KnowledgeGraph] = {}
"""The graph that the last command opened, by the state of its folder."""


def _state(folder: Path) -> State | None:
    """Return what tells whether anything in a folder was written: names, lengths, moments and numbers of its files."""
    if not folder.is_dir():
        return None
    found = [(str(item), item.stat()) for item in folder.rglob("*")]
    return frozenset((name, about.st_size, about.st_mtime_ns, about.st_ino) for name, about in found)


@contextmanager
def _bundled_knowledge_read_once() -> Generator[None]:
    """Let commands ask the bundled graph that the tests have open already, and say what was found in it before.

    Every other graph is opened, and every other file looked at, as ever; but a folder in which nothing was written since
    the command before has the graph that it had.
    """
    bundled, opened, validated = bundled_graph(), KnowledgeGraph.open, validate_paths

    def open_once(store: str | Path | None = None, **given: Any) -> KnowledgeGraph:
        if any(given.values()):
            return opened(store, **given)
        if store is None:
            return bundled
        state = _state(Path(store))
        if state is None or state not in _LAST:
            found = opened(store, **given)
            # Opening may write: what is kept is what it leaves.
            state = _state(Path(store))
            _LAST.clear()
            if state is None:
                return found
            _LAST[state] = found
        return _LAST[state]

    def validate_once(paths: Sequence[Path] | None, rules: Sequence[str] | None = None) -> tuple[Finding, ...]:
        return bundled_findings() if paths is None and rules is None else validated(paths, rules)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KnowledgeGraph, "open", staticmethod(open_once))
        patch.setattr(loading, "validate_paths", validate_once)
        yield
