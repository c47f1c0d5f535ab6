from __future__ import annotations

import pytest

from downstack.kg import KnowledgeGraph


@pytest.fixture(scope="session")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


@pytest.fixture(scope="session")
def url(service_url: str) -> str:
    return service_url
