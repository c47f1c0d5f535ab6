"""The commands of a page, in this process: what pages show is what commands print (`tests/commands.py`)."""

from __future__ import annotations

import shlex
from contextlib import chdir
from functools import cache
from pathlib import Path

from tests.commands import CHECKOUT, downstack


@cache
def shell(text: str, folder: Path = CHECKOUT, columns: int = 120) -> str:
    """Run each command of a block and return what all of them print; the same block in the same folder is run once."""
    printed = ""
    for line in text.replace("\\\n", " ").splitlines():
        program, *words = shlex.split(line)
        # A pipe or a file to write to would be one more word for the command: such a block needs a real shell.
        assert program == "downstack" and not {"|", ">", "<", "&&"} & set(words), line
        with chdir(folder):
            done = downstack(*words, COLUMNS=str(columns))
        assert done.returncode == 0, (line, done.stderr)
        printed += done.stdout
    return printed
