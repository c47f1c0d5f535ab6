"""Questions of absurd size through the command line and the service: refused with the field and what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.api.test_cli import CHANGE, NARROW
from tests.commands import downstack

IMPACT = """query ($changes: [ChangeInput!]!, $samples: Int) {
  impact(changes: $changes, targets: ["decode_tokens_per_second"], samples: $samples) { partial } }"""
ONE = {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", "op": "SCALE", "value": 1.4}


def test_ten_thousand_changes_are_refused_by_the_service(refused: Any) -> None:
    error = refused(IMPACT, changes=[ONE] * 10_000)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["field"] == "changes"
    assert "10,000 changes are more than the 1,000" in error["message"]


@pytest.mark.parametrize("samples", [10**9, 2**31 - 1, -1])
def test_a_billion_samples_are_refused_by_the_service(refused: Any, samples: int) -> None:
    error = refused(IMPACT, changes=[ONE], samples=samples)
    assert error["extensions"]["code"] in ("BAD_USER_INPUT", "TOO_COMPLEX")
    assert error["extensions"]["hint"]


def test_ten_thousand_changes_and_a_billion_samples_are_refused_on_the_command_line() -> None:
    changed = downstack("impact", *([CHANGE] * 2_000), "--json")
    assert changed.returncode == 1
    assert json.loads(changed.stdout)["error"]["field"] == "changes"
    assert "2,000 changes are more than the 1,000" in changed.stderr
    sampled = downstack("impact", CHANGE, *NARROW, "--samples", str(10**9), "--json")
    assert sampled.returncode == 1
    assert json.loads(sampled.stdout)["error"]["field"] == "samples"
    assert "hint:" in sampled.stderr
