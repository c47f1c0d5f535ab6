"""The environment of the peers that ``evaluators.py`` measures: made once, kept out of the project's locks.

GenZ pins no versions and aiconfigurator brings a hundred megabytes of kernel tables, so neither is a dependency of the project.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import venv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

PINNED = {
    "genz": ("genz-llm==0.0.16",),
    "configurator": ("aiconfigurator==0.12.0", "aiconfigurator-core==0.12.0"),
}
"""What is installed for each peer."""
RECORD = "downstack-peers.json"
WORKER = Path(__file__).with_name("evaluator_peers.py")


@dataclass(frozen=True, slots=True)
class Environment:
    """A Python with the peers that could be installed."""

    python: Path
    absent: dict[str, str] = field(default_factory=dict)
    """Peer to why it is not there."""

    def has(self, way: str) -> bool:
        """Say whether the peer behind a way of asking is there."""
        return way.partition("_")[0] not in self.absent


def environment(folder: Path) -> Environment:
    """Return the environment in a folder; it is made there unless a whole one of these versions is found."""
    python = folder / "bin" / "python"
    record = folder / RECORD
    wanted = {peer: list(packages) for peer, packages in PINNED.items()}
    if record.exists():
        kept = json.loads(record.read_text(encoding="utf-8"))
        if kept["wanted"] == wanted and not kept["absent"]:
            return Environment(python)
    venv.create(folder, with_pip=True, clear=folder.exists())
    absent = {peer: why for peer, packages in PINNED.items() if (why := install(python, packages))}
    record.write_text(json.dumps({"wanted": wanted, "absent": absent}), encoding="utf-8")
    return Environment(python, absent)


def install(python: Path, packages: Sequence[str]) -> str | None:
    """Install packages; return why that failed, None when it did not."""
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return (errors or ["ERROR: pip failed"])[-1].removeprefix("ERROR: ")


class Worker:
    """A process that answers questions; :mod:`evaluator_peers` says how."""

    def __init__(self, python: Path, program: Path = WORKER) -> None:
        # What peers print on the standard error is not the benchmark's to show.
        self._process = subprocess.Popen(
            [str(python), str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )

    def ask(self, way: str, questions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the answers to some questions, each with the time that it took.

        Raises
        ------
        RuntimeError
            If the process ended.
        """
        given, taken = _pipes(self._process)
        line = ""
        with contextlib.suppress(BrokenPipeError):
            given.write(json.dumps({"way": way, "questions": list(questions)}) + "\n")
            given.flush()
            line = taken.readline()
        if not line:
            raise RuntimeError(f"the process of the peers ended with {self._process.wait()}")
        answers: list[dict[str, Any]] = json.loads(line)
        return answers

    def close(self) -> None:
        """End the process, whether it still listens or not."""
        for pipe in _pipes(self._process):
            # What could not be handed to a process that is gone is lost with it.
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self._process.wait()


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process has no pipes")
    return process.stdin, process.stdout


def own_python() -> Path:
    """Return the Python that runs the benchmark."""
    return Path(sys.executable)
