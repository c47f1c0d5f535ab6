"""The bar of long work: seen by a person at a terminal, and by nobody else."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

from tests.api.test_cli import CHANGE, NARROW
from tests.commands import downstack, environment

ASKED = ("impact", CHANGE, *NARROW, "--target", "decode_tokens_per_second")
WORDS = (*ASKED, "--samples", "200")


def at_a_terminal(*words: str) -> tuple[str, str]:
    """Run a command whose standard error is a terminal; return standard output and what the terminal got."""
    own, other = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "downstack.cli", *words],
        stdout=subprocess.PIPE,
        stderr=other,
        env=environment(TERM="xterm"),
    ) as process:
        os.close(other)
        assert process.stdout is not None
        written = process.stdout.read().decode()
        shown = b""
        while True:
            try:
                part = os.read(own, 65_536)
            except OSError:
                # The other side is closed.
                break
            if not part:
                break
            shown += part
        assert process.wait() == 0
    os.close(own)
    return written, shown.decode(errors="replace")


def test_a_person_at_a_terminal_sees_a_bar_on_standard_error_only() -> None:
    written, shown = at_a_terminal(*WORDS)
    assert "200/200" in shown
    assert "200/200" not in written
    assert "nvidia-h200-sxm.memory_bandwidth x1.4" in written


def test_with_json_without_samples_and_without_a_terminal_there_is_no_bar() -> None:
    written, shown = at_a_terminal(*WORDS, "--json")
    assert json.loads(written)["effects"]
    assert shown == ""
    assert at_a_terminal(*ASKED)[1] == ""
    assert downstack(*WORDS).stderr == ""
