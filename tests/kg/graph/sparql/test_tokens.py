"""The text of a query is read as the grammar has it, whole, and in time that grows with its length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downstack.errors import QueryError
from downstack.graph.sparql.tokens import Kind, place, tokens


def read(text: str) -> list[tuple[Kind, str]]:
    return [(token.kind, token.text) for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("SELECT ?x $y", [Kind.WORD, Kind.VARIABLE, Kind.VARIABLE]),
        ("<http://e/a#b> <>", [Kind.IRI, Kind.IRI]),
        ("a:b :b a: : a.b:c.d", [Kind.NAME] * 5),
        (r"a:b\-c a:%20d a:b:c", [Kind.NAME] * 3),
        ('\'a\' "b" \'\'\'c\'d\'\'\' """e""f"""', [Kind.TEXT] * 4),
        ("''  \"\"  '''''' \"\"\"\"\"\"", [Kind.TEXT] * 4),
        (r"'\'' '\\' '''\'''' ", [Kind.TEXT] * 3),
        ("1 1.5 .5 1e3 1.5E-3", [Kind.NUMBER] * 5),
        ("1<2", [Kind.NUMBER, Kind.OPERATOR, Kind.NUMBER]),
        ("?a<?b&&?c>?d", [Kind.VARIABLE, Kind.IRI, Kind.VARIABLE]),
        ("?a < ?b", [Kind.VARIABLE, Kind.OPERATOR, Kind.VARIABLE]),
        ("_:b1 'x'@en-GB 'y'^^xsd:date", [Kind.OTHER, Kind.TEXT, Kind.OTHER, Kind.TEXT, Kind.OPERATOR, Kind.NAME]),
        ("{([])}", [Kind.OPEN] * 3 + [Kind.CLOSE] * 3),
        ("# SELECT '\n ASK # \"", [Kind.WORD]),
        ("?x.?y;,", [Kind.VARIABLE, Kind.OTHER, Kind.VARIABLE, Kind.OTHER, Kind.OTHER]),
        ("?größe :größe größe:x", [Kind.VARIABLE, Kind.NAME, Kind.NAME]),
        ("p:a.", [Kind.NAME, Kind.OTHER]),
    ],
)
def test_a_text_is_read_as_tokens(text: str, kinds: list[Kind]) -> None:
    assert [kind for kind, _ in read(text)] == kinds


@pytest.mark.parametrize(
    "text", ["'open", '"open\n"', "'''open''", "\\u0053ELECT", "SELECT \x00", "a\u00a0b", "«", "`"]
)
def test_what_is_no_token_ends_the_reading(text: str) -> None:
    with pytest.raises(QueryError, match="line 1, column"):
        read(text)


def test_a_place_is_said_as_a_reader_counts() -> None:
    assert place("ab\ncd", 0) == "line 1, column 1"
    assert place("ab\ncd", 4) == "line 2, column 2"


@given(st.text(max_size=200))
def test_tokens_are_the_text_itself_in_its_order(text: str) -> None:
    last = 0
    try:
        for token in tokens(text):
            assert text[token.start : token.start + len(token.text)] == token.text
            between = text[last : token.start]
            assert not between.strip(" \t\r\n") or between.lstrip(" \t\r\n").startswith("#")
            last = token.start + len(token.text)
    except QueryError:
        pass


@pytest.mark.parametrize(
    "unit",
    ["a", "a.", ".", "a:", ":", "_:a.", "<", "<a", "'", "\\", "''", '""', "1.", "1e", "@a", "@a-", "%", "a:%", "# "],
)
def test_reading_is_linear_in_the_text(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A quadratic pattern would take very long for this; the time limit of the run is the only clock.
    text = unit * (150_000 // len(unit))
    try:
        count = sum(1 for _ in tokens(text))
    except QueryError:
        return
    assert count <= len(text)
