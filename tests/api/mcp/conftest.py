from __future__ import annotations

import pytest
from tests.api.mcp.asking import MODES, Assistant


@pytest.fixture
def assistant(url: str) -> Assistant:
    """An assistant that asks the service of all tests."""
    return Assistant(f"{url}/mcp")


@pytest.fixture(params=MODES)
def either(request: pytest.FixtureRequest, url: str) -> Assistant:
    """The same, in each revision of the protocol."""
    return Assistant(f"{url}/mcp", request.param)
