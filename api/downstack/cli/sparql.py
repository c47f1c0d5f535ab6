"""``downstack sparql``: a query in a file, answered as the endpoint answers it."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from downstack.cli.options import AsJson, Store, errors, print_error
from downstack.errors import DownstackError, QueryError, UserInputError
from downstack.graph.exports.write import write_parts
from downstack.vocabulary import shorten

if TYPE_CHECKING:
    from downstack.graph.sparql.answers import OpenAnswer
    from downstack.graph.sparql.formats import Format


STARTING = 3_600.0
"""Seconds that reading a graph may take: whoever asks on the command line waits for it."""


MAX_BYTES = 100_000_000
"""Of an answer, unless the command says otherwise: as at the endpoint."""
MAX_TABLE_BYTES = 8_000_000
"""Of what becomes a table, whose columns are as wide as its widest row needs, so that all of it is held."""


class QueryFormat(StrEnum):
    """What an answer can be written in."""

    TABLE = "table"
    JSON = "json"
    XML = "xml"
    CSV = "csv"
    TSV = "tsv"
    TURTLE = "turtle"
    NTRIPLES = "ntriples"
    JSONLD = "jsonld"
    RDFXML = "rdfxml"


def sparql(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A file with a query; - reads it from the input.", show_default=False)
    ],
    format: Annotated[
        QueryFormat | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="table, json, xml, csv, tsv of SELECT and ASK; turtle, ntriples, jsonld, rdfxml of CONSTRUCT and DESCRIBE.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PATH", help="A file for the answer, which is there when it is whole."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, max=86_400, help="Stop the query after that.")] = 10.0,
    max_bytes: Annotated[
        int, typer.Option("--max-bytes", min=1_000, help="Stop the query when its answer is longer.")
    ] = MAX_BYTES,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Answer a SPARQL query about the graph; what the endpoint refuses is refused."""
    if as_json and format not in (None, QueryFormat.JSON, QueryFormat.JSONLD):
        raise typer.BadParameter(f"--json is a format of its own: leave out --format {format}")
    table = out is None and (format is QueryFormat.TABLE or (format is None and not as_json))
    if out is not None and format is QueryFormat.TABLE:
        raise typer.BadParameter("a table is for the screen: write another --format to a file")
    with errors(as_json):
        text = _read(file)
        from downstack.graph.sparql.formats import formats_of
        from downstack.graph.sparql.limits import QueryLimits
        from downstack.graph.sparql.processes import QueryProcesses
        from downstack.graph.sparql.refusals import check_query
        from downstack.kg import KnowledgeGraph

        # What is refused is refused before the graph is opened.
        wanted = _chosen(formats_of(check_query(text)), format, as_json)
        table = table and wanted.name == "json"
        most = min(max_bytes, MAX_TABLE_BYTES) if table else max_bytes
        limits = QueryLimits(seconds=seconds, start=STARTING, workers=1, answer=most)
        processes = QueryProcesses(KnowledgeGraph.open(store).origin, limits)
        try:
            with processes.open(text, lambda _: wanted) as answer:
                if table:
                    _print(json.loads(b"".join(answer)), answer.version)
                elif out is not None:
                    write_parts(out, answer, force=force)
                else:
                    _write(answer)
        finally:
            processes.close()


def _write(answer: OpenAnswer) -> None:
    """Print an answer as it is written; what ends before it is whole says so, apart from the output."""
    output = sys.stdout.buffer
    written, last = 0, b""
    try:
        for part in answer:
            output.write(part)
            written += len(part)
            last = part[-1:] or last
    except DownstackError as error:
        if not written:
            raise
        output.flush()
        # The output holds a part of an answer: a document about the error would be no document there.
        print_error(error)
        print_error(UserInputError(f"the {written:,} bytes that were written are not the whole answer"))
        raise typer.Exit(1) from error
    if last != b"\n":
        output.write(b"\n")
    output.flush()


def _read(file: str) -> str:
    from downstack.graph.sparql.limits import MAX_QUERY_BYTES

    try:
        if file == "-":
            content = sys.stdin.buffer.read(MAX_QUERY_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(MAX_QUERY_BYTES + 1)
        return content.decode("utf-8-sig")
    except OSError as error:
        raise UserInputError(
            f"{file} cannot be read: {error.strerror}", field="file", hint="name a file with a query"
        ) from error
    except UnicodeDecodeError as error:
        raise QueryError(f"{file} is not UTF-8 at byte {error.start}", hint="save it as UTF-8") from error


def _chosen(formats: tuple[Format, ...], wanted: QueryFormat | None, as_json: bool) -> Format:
    names = [item.name for item in formats]
    if wanted is None or (as_json and wanted is QueryFormat.JSON):
        return formats[names.index("jsonld")] if as_json and "jsonld" in names else formats[0]
    if wanted is QueryFormat.TABLE and "json" in names:
        return formats[names.index("json")]
    if wanted.value not in names:
        can = ", ".join((*(["table"] if "json" in names else []), *names))
        raise UserInputError(
            f"the answer to this query cannot be written as {wanted}", field="format", hint=f"it can be: {can}"
        )
    return formats[names.index(wanted.value)]


def _print(found: dict[str, Any], version: str) -> None:
    if "boolean" in found:
        sys.stdout.write("true\n" if found["boolean"] else "false\n")
    else:
        _print_table(Console(), found, version)


def _print_table(console: Console, found: dict[str, Any], version: str) -> None:
    names = found["head"]["vars"]
    rows = found["results"]["bindings"]
    if names:
        shown = Table(box=None, pad_edge=False, header_style="bold")
        for name in names:
            shown.add_column(Text(name), overflow="fold")
        for row in rows:
            shown.add_row(*(Text(_cell(row.get(name))) for name in names))
        console.print(shown)
    console.print(Text(f"{len(rows):,} row{'' if len(rows) == 1 else 's'} of graph {version}", style="dim"))


def _cell(term: dict[str, Any] | None) -> str:
    if term is None:
        return ""
    if term["type"] == "uri":
        return shorten(term["value"])
    if term["type"] == "bnode":
        return f"_:{term['value']}"
    language = term.get("xml:lang")
    return f"{term['value']}@{language}" if language else str(term["value"])
