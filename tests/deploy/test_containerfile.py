"""The image: it can be built from what it copies, runs as nobody, and starts the real command."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

import pytest
from dockerfile_parse import DockerfileParser
from tests.deploy.reading import CHECKOUT, DEPLOY, DOORS, check_command, check_settings

from downstack.server.run import check_host

FILE = DEPLOY / "Containerfile"


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    with FILE.open("rb") as file:
        # It reads bytes, and says otherwise.
        parser = DockerfileParser(fileobj=cast("IO[str]", file))
        structure = parser.structure
    return [(item["instruction"], item["value"]) for item in structure if item["instruction"] != "COMMENT"]


def last(steps: list[tuple[str, str]], instruction: str) -> str:
    return next(value for name, value in reversed(steps) if name == instruction)


def last_stage(steps: list[tuple[str, str]]) -> list[tuple[str, str]]:
    begin = max(place for place, (name, _) in enumerate(steps) if name == "FROM")
    return steps[begin:]


def copied(steps: list[tuple[str, str]]) -> list[str]:
    """What is taken from the checkout."""
    words = [shlex.split(value) for name, value in steps if name == "COPY" and "--from=" not in value]
    return [source for item in words for source in item[:-1]]


def test_every_step_is_one_that_a_builder_knows(steps: list[tuple[str, str]]) -> None:
    known = "FROM ENV WORKDIR COPY RUN LABEL USER EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD"
    assert {name for name, _ in steps} <= set(known.split())
    assert len([name for name, _ in steps if name == "FROM"]) == 2, "what builds it is no part of it"


def test_it_starts_the_real_command_on_the_port_it_exposes(steps: list[tuple[str, str]]) -> None:
    (program,) = json.loads(last(steps, "ENTRYPOINT"))
    assert program == "downstack"
    words = json.loads(last(steps, "CMD"))
    check_command(words)
    variables = dict(re.findall(r"(\w+)=(\S+)", last(steps, "ENV")))
    settings = check_settings(variables)
    assert settings.log_format == "json"
    assert str(settings.port) == last(steps, "EXPOSE")
    check_host(settings.host, public_read_only="--public-read-only" in words)


def test_it_runs_as_nobody_and_hears_the_signal_that_lets_it_finish(steps: list[tuple[str, str]]) -> None:
    user, _, group = last(last_stage(steps), "USER").partition(":")
    assert int(user) >= 10_000 and int(group) >= 10_000
    assert last(steps, "STOPSIGNAL") == "SIGTERM"
    assert not [value for name, value in last_stage(steps) if name in ("RUN", "ADD")], (
        "nothing is made in the last stage"
    )


def test_its_check_asks_a_door_that_exists(steps: list[tuple[str, str]]) -> None:
    command = json.loads(last(steps, "HEALTHCHECK").partition("CMD ")[2])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "check", "exec")
    assert any(door in command[2] for door in DOORS)


def test_what_it_copies_exists_and_is_not_ignored(steps: list[tuple[str, str]]) -> None:
    sources = [source.removeprefix("./") for source in copied(steps)]
    assert all((CHECKOUT / source).exists() for source in sources)
    ignored = (DEPLOY / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == set(sources)


def test_the_versions_are_those_of_the_lock(steps: list[tuple[str, str]]) -> None:
    installs = [value for name, value in steps if name == "RUN" and "pip install" in value]
    assert "--require-hashes" in installs[0] and "requirements-serve.lock" in installs[0]
    assert all("--require-hashes" in value or "--no-deps" in value for value in installs)


@pytest.mark.packaging
@pytest.mark.slow
def test_what_it_copies_is_enough_to_build_the_package(steps: list[tuple[str, str]], tmp_path: Path) -> None:
    for source in copied(steps):
        place = tmp_path / source
        if (CHECKOUT / source).is_dir():
            shutil.copytree(CHECKOUT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(CHECKOUT / source, place)
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    assert len(list((tmp_path / "dist").glob("downstack-*.whl"))) == 1
