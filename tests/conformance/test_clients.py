"""What is installed of others is pinned by content, and by nothing else."""

from __future__ import annotations

import json

from tests.conformance.node import CLIENTS, run_script

LOCK = json.loads((CLIENTS / "package-lock.json").read_text(encoding="utf-8"))


def test_every_package_is_pinned_by_its_content() -> None:
    packages = {name: item for name, item in LOCK["packages"].items() if name}
    assert len(packages) > 7
    assert [name for name, item in packages.items() if not item.get("integrity", "").startswith("sha512-")] == []


def test_the_lock_names_no_address() -> None:
    assert "://" not in (CLIENTS / "package-lock.json").read_text(encoding="utf-8")


def test_a_script_finds_the_installed_packages() -> None:
    named = json.loads((CLIENTS / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert run_script("packages.mjs", *named) == sorted(named)
