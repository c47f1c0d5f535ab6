"""Triples inside triples are refused before a parser sees them: nested by thousands they would end the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from downstack.errors import KnowledgeError
from downstack.graph.documents import parse_document
from downstack.graph.quoted import quoted_triple_line
from downstack.kg import KnowledgeGraph

A = "<http://example.org/a>"
DEEP = 20_000
NESTED = f"{A} {A} " + f"<<( {A} {A} " * DEEP + A + " )>>" * DEEP + " ."


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{A} {A} <<( {A} {A} {A} )>> .", 1),
        (f"{A} {A} {A} .\n<< {A} {A} {A} >> {A} {A} .", 2),
        (f'{A} {A} """\n\n""" .\n{A} {A} <<( {A} {A} {A} )>> .', 4),
        (f"@prefix e: <http://example.org/> . e:a\\#b {A} <<( {A} {A} {A} )>> .", 1),
        (f"{A} {A} <http://example.org/a#b> , <<( {A} {A} {A} )>> .", 1),
        (f'{A} {A} """a\\\\""" , <<( {A} {A} {A} )>> .', 1),
        (f'{A} {A} "a\\\\" , <<( {A} {A} {A} )>> .', 1),
    ],
)
@pytest.mark.parametrize("name", ["quoted.ttl", "quoted.nt"])
def test_a_quoted_triple_is_found_on_its_line(text: str, line: int, name: str) -> None:
    assert quoted_triple_line(text) == line
    with pytest.raises(KnowledgeError) as refused:
        parse_document(name, text)
    (finding,) = refused.value.findings
    assert (finding.file, finding.line, finding.what) == (name, line, "a triple inside a triple")


@pytest.mark.parametrize(
    "text",
    [
        f'{A} {A} "x << 1; cout << y" .',
        f"{A} {A} '<<( >>' .",
        f'{A} {A} """a "" << \\" <<""" .',
        f"{A} {A} '''a'' << \" <<''' .",
        f'{A} {A} "a\\" << " .',
        f"{A} {A} {A} . # << says a comment\n",
    ],
)
def test_what_stands_in_a_text_or_a_comment_is_no_quoted_triple(text: str) -> None:
    assert quoted_triple_line(text) is None
    assert parse_document("text.ttl", text).count == 1


def open_in_a_process(file: Path) -> subprocess.CompletedProcess[str]:
    code = (
        "import sys\nfrom downstack.errors import KnowledgeError\nfrom downstack.kg import KnowledgeGraph\n"
        "try:\n    KnowledgeGraph.open(sys.argv[1])\nexcept KnowledgeError as error:\n    print(error.findings[0].what)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (NESTED, "a triple inside a triple"),
        (f"{A} {A} " + f"<<( {A} {A} " * DEEP, "a triple inside a triple"),
        (f"{A} {A} " + f"<< {A} {A} " * DEEP, "a triple inside a triple"),
        (f"{A} {A} " + "( " * 200_000, "not Turtle"),
        (f"{A} {A} " + f"[ {A} " * 200_000, "not Turtle"),
    ],
    ids=["nested", "unclosed", "reified", "collections", "blank nodes"],
)
def test_c_a_deeply_nested_file_is_an_error_and_does_not_end_the_process(
    text: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "deep.ttl"
    file.write_text(text)
    opened = open_in_a_process(file)
    assert opened.returncode == 0, opened.stderr[-300:]
    assert opened.stdout.startswith(message)


def test_a_refused_file_leaves_nothing_of_it_in_the_graph(tmp_path: Path) -> None:
    (tmp_path / "deep.ttl").write_text(NESTED)
    with pytest.raises(KnowledgeError):
        KnowledgeGraph.open(tmp_path)
