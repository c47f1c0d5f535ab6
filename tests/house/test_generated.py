"""Generated files are what their owners say; `make generate` would change nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
ROOTS = ("kg", "ontology", "api", "loaders")


def test_generated_files_are_up_to_date() -> None:
    roots = os.pathsep.join(str(CHECKOUT / root) for root in ROOTS)
    check = subprocess.run(
        [sys.executable, "-m", "downstack.generate", "--check"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stdout + check.stderr
