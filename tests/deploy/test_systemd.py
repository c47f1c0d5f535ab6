"""The unit: valid for systemd, hardened by its own measure, and true of the service."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.conftest import require
from tests.deploy.reading import DEPLOY, check_command, check_settings, stops_in_time

UNIT = DEPLOY / "downstack.service"
TEXT = UNIT.read_text(encoding="utf-8")
MOST_EXPOSED = 20
"""Of 100, by systemd's own count: 'OK' ends at 49, a unit without any hardening has 96."""


def setting(name: str) -> str:
    (found,) = re.findall(rf"^{name}=(.*)$", TEXT, re.MULTILINE)
    return str(found)


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    require(shutil.which("systemd-analyze"), "systemd is not installed")
    # The program is looked for where it would be installed; here it is not.
    copy = tmp_path / UNIT.name
    copy.write_text(TEXT.replace("ExecStart=/usr/local/bin/downstack", "ExecStart=/bin/true"), encoding="utf-8")
    shown = analyze("verify", "--man=no", str(copy))
    assert (shown.returncode, [line for line in shown.stderr.splitlines() if UNIT.name in line]) == (0, []), (
        shown.stderr
    )


def test_systemd_counts_little_exposure() -> None:
    require(shutil.which("systemd-analyze"), "systemd is not installed")
    shown = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", str(UNIT))
    assert shown.returncode == 0, shown.stdout + shown.stderr


def test_it_starts_the_real_command_with_real_settings() -> None:
    program, *words = setting("ExecStart").split()
    assert program.endswith("/downstack")
    check_command(words)
    settings = check_settings(dict(item.split("=", 1) for item in setting("Environment").split()))
    assert settings.host == "127.0.0.1"
    assert stops_in_time(settings, float(setting("TimeoutStopSec")))
    assert setting("KillSignal") == "SIGTERM"


def test_the_store_that_it_names_is_the_folder_that_it_may_write() -> None:
    (store,) = re.findall(r"DOWNSTACK_STORE=(\S+)", TEXT)
    assert store.startswith(f"/var/lib/{setting('StateDirectory')}/")
