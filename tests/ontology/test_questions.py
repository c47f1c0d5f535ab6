"""The competency questions: each is answered from the committed Turtle, row by row as expected.

When knowledge changes, an answer may rightly change: run this file with ``DOWNSTACK_WRITE_ANSWERS=1``, read the
difference of the ``.tsv`` files, and commit it together with the knowledge.
"""

from __future__ import annotations

import os
from pathlib import Path

import pyoxigraph as ox
import pytest

from downstack.graph.validation import read_documents
from downstack.vocabulary import KNOWLEDGE_FOLDERS, folder, shorten

QUESTIONS = sorted(folder("questions").glob("*.rq"))


@pytest.fixture(scope="module")
def store() -> ox.Store:
    result = ox.Store()
    for name in KNOWLEDGE_FOLDERS:
        if folder(name).is_dir():
            for document in read_documents(folder(name)):
                result.extend(ox.Quad(*triple) for triple in document.triples)
    return result


def cell(term: object) -> str:
    if term is None:
        return ""
    if isinstance(term, ox.NamedNode):
        return shorten(term.value)
    if isinstance(term, ox.Literal):
        return term.value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    raise AssertionError(f"a question should answer with names and values, not {term}")


def answer(store: ox.Store, question: Path) -> list[str]:
    result = store.query(question.read_text(encoding="utf-8"))
    assert isinstance(result, ox.QuerySolutions)
    head = "\t".join(variable.value for variable in result.variables)
    return [head, *("\t".join(cell(term) for term in row) for row in result)]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda path: path.stem)
def test_a_question_has_the_expected_answer(store: ox.Store, question: Path) -> None:
    expected = question.with_suffix(".tsv")
    rows = answer(store, question)
    if os.environ.get("DOWNSTACK_WRITE_ANSWERS"):
        expected.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert rows == expected.read_text(encoding="utf-8").splitlines()
    assert len(rows) > 1, "a question without an answer tests nothing"


@pytest.mark.parametrize(
    "question", [*QUESTIONS, *sorted(folder("questions").glob("*.graphql"))], ids=lambda path: path.name
)
def test_a_question_is_stated_in_words_first(question: Path) -> None:
    first = question.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert first.endswith("?")


def test_every_answer_belongs_to_a_question_and_every_layer_is_asked_about() -> None:
    # What is computed has no answer in SPARQL: those questions stand as GraphQL alone, asked in tests/api.
    stems = {path.stem for path in QUESTIONS} | {path.stem for path in folder("questions").glob("*.graphql")}
    assert {path.stem for path in folder("questions").glob("*.tsv")} == stems
    for number in range(1, 8):
        assert any(stem.startswith(f"layer-{number}-") for stem in stems)
    assert sum(stem.startswith("across-") for stem in stems) >= 5
    assert len(stems) >= 44
