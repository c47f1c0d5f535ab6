"""A small graph in which no rule finds anything, and what the rules say when a line of it is changed."""

from __future__ import annotations

from pathlib import Path

from downstack.errors import Finding
from downstack.graph.quality.rules import RULES, quality_findings, rule_named
from downstack.graph.statements import Statements
from downstack.graph.store import read_knowledge
from downstack.graph.validation import parse_document, read_documents, structural_findings
from downstack.vocabulary import PREFIXES, folder

HEAD = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())
GRAPH = (Path(__file__).parent / "small.ttl").read_text(encoding="utf-8")
VOCABULARY = read_documents(folder("terms"))


def found(text: str, *rules: str) -> tuple[Finding, ...]:
    """What some rules (all at first) find in a graph that is structurally whole."""
    documents = (*VOCABULARY, parse_document("small.ttl", HEAD + text))
    assert structural_findings(documents) == ()
    knowledge = read_knowledge(Statements(documents), version="small")
    return quality_findings(documents, knowledge, rules=[rule_named(name) for name in rules] or RULES)


def changed(old: str, new: str) -> str:
    """The small graph with one text in place of another, which must be there once."""
    assert GRAPH.count(old) == 1, old
    return GRAPH.replace(old, new)


def line(text: str, part: str) -> int:
    """The line of a part of a text in its file, below the prefixes."""
    return HEAD.count("\n") + text[: text.index(part)].count("\n") + 1
