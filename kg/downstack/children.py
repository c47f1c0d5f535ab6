"""Processes that run a module of the product beside this one: how they are called, and where they find it."""

from __future__ import annotations

import os
import sys


def command(module: str, *words: str) -> list[str]:
    """Return what runs a module; nothing is found in the current folder."""
    return [sys.executable, "-P", "-m", module, *words]


def environment() -> dict[str, str]:
    """Return the variables of such a process: the modules that this one finds are found by it too."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(item for item in sys.path if item)}
