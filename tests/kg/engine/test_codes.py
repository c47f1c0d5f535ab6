"""The codes of the engine and the statuses of the answers are the same list."""

from __future__ import annotations

from downstack.engine import codes
from downstack.engine.trace import STATUS
from downstack.results import Status


def test_every_code_has_the_status_of_its_name():
    for status in Status:
        assert STATUS[getattr(codes, status.name)] is status
