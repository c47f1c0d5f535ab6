"""Opening a graph: what it leaves behind, and that what data says of functions is looked at."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from downstack.errors import KnowledgeError
from downstack.graph.store import Triples, described_functions
from downstack.graph.validation import parse_document
from downstack.kg import KnowledgeGraph

PREFIXES = """
@prefix fn: <https://w3id.org/downstack/function/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix fno: <https://w3id.org/function/ontology#> .
@prefix fnom: <https://w3id.org/function/vocabulary/mapping#> .
"""


@pytest.mark.parametrize("searching", [True, False])
def test_the_search_for_garbage_goes_on_as_it_was_however_opening_ends(tmp_path: Path, searching: bool) -> None:
    before = gc.isenabled()
    (tmp_path / "broken.ttl").write_text("this is not Turtle", encoding="utf-8")
    try:
        (gc.enable if searching else gc.disable)()
        with pytest.raises(KnowledgeError, match="not Turtle"):
            KnowledgeGraph.open(tmp_path)
        assert gc.isenabled() is searching
        KnowledgeGraph.open()
        assert gc.isenabled() is searching
    finally:
        (gc.enable if before else gc.disable)()


def test_every_method_that_data_names_is_found_with_the_digest_of_its_function() -> None:
    text = """
    fn:mapped dso:codeDigest "abc" .
    [] fno:function fn:mapped ; fno:methodMapping [ fnom:method-name "mapped" ] .
    [] fno:function fn:unknown ; fno:methodMapping [ fnom:method-name "without_digest" ] .
    fn:alone fnom:method-name "alone" .
    """
    found = described_functions(Triples([parse_document("functions.ttl", PREFIXES + text)]))
    assert found == {"mapped": "abc", "without_digest": None, "alone": None}
