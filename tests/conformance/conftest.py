from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.api.serving import running

from downstack.kg import KnowledgeGraph
from downstack.server import create_app


@pytest.fixture(scope="session")
def kg() -> KnowledgeGraph:
    return KnowledgeGraph.open()


@pytest.fixture(scope="session")
def url(kg: KnowledgeGraph) -> Iterator[str]:
    with running(create_app(kg)) as address:
        yield address
