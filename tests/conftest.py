"""What every room's tests share: the bundled graph, its service, and how a missing part of the machine is met."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from tests.bundled import bundled_graph

from downstack.kg import KnowledgeGraph

if TYPE_CHECKING:
    # The rooms below the service are tested without importing it.
    from fastapi import FastAPI

IN_CI = bool(os.environ.get("CI"))

# Images and machines that never write compiled modules make every command that a test starts compile the whole product
# and read it again; so does each run with the tests themselves. Compiled modules stand in __pycache__, which git ignores.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shared machine is slow at times, which says nothing about the code: no deadline per example, and none for drawing the
# first ones. In CI the examples are the same on every run, so a red build means a changed program and not a new draw.
settings.register_profile("downstack", deadline=None, derandomize=IN_CI, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("downstack")


def require(condition: object, reason: str) -> None:
    """Skip the test on a machine that lacks a part it needs; in CI, where nothing may be lacking, fail it."""
    if condition:
        return
    if IN_CI:
        pytest.fail(f"{reason} (CI installs every part, so this is a failure and not a skip)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def bundled() -> KnowledgeGraph:
    """The graph that ships with downstack, opened once."""
    return bundled_graph()


@pytest.fixture(scope="session")
def service(bundled: KnowledgeGraph) -> FastAPI:
    """The service over the bundled graph."""
    from downstack.graphql.guards import Guards
    from downstack.server import create_app

    # A machine that does ten other things is slow; what ends at its deadline has tests of its own.
    return create_app(bundled, guards=Guards(deadline_seconds=300.0))


@pytest.fixture(scope="session")
def service_url(service: FastAPI) -> Iterator[str]:
    """The address of that service on loopback, as long as tests run."""
    from tests.api.serving import running

    with running(service) as address:
        yield address
