"""What every room's tests share: how a missing part of the machine is met, and how generated cases are drawn."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

IN_CI = bool(os.environ.get("CI"))

# A shared machine is slow at times, which says nothing about the code: no deadline per example. In CI the examples
# are the same on every run, so a red build means a changed program and not a new draw.
settings.register_profile("downstack", deadline=None, derandomize=IN_CI)
settings.load_profile("downstack")


def require(condition: object, reason: str) -> None:
    """Skip the test on a machine that lacks a part it needs; in CI, where nothing may be lacking, fail it."""
    if condition:
        return
    if IN_CI:
        pytest.fail(f"{reason} (CI installs every part, so this is a failure and not a skip)", pytrace=False)
    pytest.skip(reason)
