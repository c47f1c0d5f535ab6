"""What may run and what may not, decided by the words of a query and by nothing else."""

from __future__ import annotations

import pytest

from downstack.errors import QueryError, QueryLimitError, QuerySizeError
from downstack.graph.sparql.refusals import check_query
from downstack.vocabulary import folder

QUESTIONS = sorted(folder("questions").glob("*.rq"))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda path: path.stem)
def test_every_question_of_the_product_may_run(question: object) -> None:
    assert check_query(question.read_text(encoding="utf-8")) == "SELECT"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        'SELECT * { ?s ?p "SERVICE <http://e/> { LOAD }" }',
        "SELECT * { ?s ?p '''FROM <http://e/>\n ; DELETE WHERE {}''' }",
        "SELECT * { ?s <http://e/SERVICE> ?from . ?service ?load $insert }",
        "# SERVICE FROM LOAD\nSELECT * { }",
        "SELECT * { _:service ?p 'x'@from }",
        "PREFIX load: <http://e/> SELECT * { load:service load:from load:delete }",
        "SELECT * { ?s ?p <http://e/Moore's_law> }",
        "SELECT (STR('it''s') AS ?x) {}".replace("'it''s'", '"it\'s"'),
    ],
)
def test_a_keyword_in_a_text_a_name_or_a_comment_is_none(text: str) -> None:
    assert check_query(text) == "SELECT"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("ask {}", "ASK"),
        ("PREFIX select: <http://e/> CONSTRUCT WHERE { select:a ?p ?o }", "CONSTRUCT"),
        ("BASE <http://e/> DESCRIBE <a>", "DESCRIBE"),
        ("SELECT * { { SELECT * {} } }", "SELECT"),
        ("CONSTRUCT { ?s ?p ?o } { { SELECT * {} } }", "CONSTRUCT"),
    ],
)
def test_the_form_is_the_first_that_is_named(text: str, form: str) -> None:
    assert check_query(text) == form


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "this is no query"),
        ("PREFIX : <http://e/>", "this is no query"),
        ("SELECT * { SERVICE <http://e/> {} }", "line 1, column 12: SERVICE: this endpoint asks no other"),
        ("SELECT *\nFROM <http://e/> {}", "line 2, column 1: FROM: there is one graph"),
        ("LOAD <http://e/>", "LOAD: nothing can be changed here"),
        ("SELECT * { ?s ?p ?o LATERAL { } }", "'LATERAL' is no word of SPARQL 1.1"),
        ("SELECT * { ?s ?p falseSERVICE <http://e/> {} }", "'falseSERVICE' is no word"),
        ("SELECT * { SERVICE:x {} }", "the prefix 'SERVICE' cannot be told from a keyword"),
        ("SELECT * { FILTER(1<'a>') SERVICE <x> {} }", "SERVICE"),
        ("SELECT * { FILTER(1<'a>') SERVICE <x:y> {} FILTER(1<'b>') }", "an apostrophe in an IRI"),
    ],
)
def test_a_refusal_says_where_and_what(text: str, said: str) -> None:
    with pytest.raises(QueryError, match=said) as refused:
        check_query(text)
    assert refused.value.hint
    assert refused.value.code == "BAD_USER_INPUT"


def test_two_hundred_levels_may_be_and_one_more_may_not() -> None:
    def at(levels: int) -> str:
        return "ASK " + "{" * levels + "}" * levels

    assert check_query(at(200)) == "ASK"
    with pytest.raises(QueryLimitError, match="more than 200 levels"):
        check_query(at(201))


def test_brackets_that_close_are_not_counted() -> None:
    assert check_query("ASK { " + "{}" * 5_000 + " }") == "ASK"


def test_the_size_of_a_text_is_its_bytes() -> None:
    assert check_query("ASK {} #" + "x" * (65_536 - 8)) == "ASK"
    with pytest.raises(QuerySizeError):
        check_query("ASK {} #" + "x" * (65_536 - 7))
    with pytest.raises(QuerySizeError):
        check_query("ASK {} #" + "é" * 33_000)
