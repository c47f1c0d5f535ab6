"""One format, to one place: the door of the exports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from downstack.errors import UnknownNameError, UserInputError
from downstack.graph.exports.cut import Cut, cut
from downstack.graph.exports.drawing import dot_text, mermaid_text
from downstack.graph.exports.graphml import graphml_text
from downstack.graph.exports.rdf import jsonld_text, ntriples_text, triples_of, turtle_text
from downstack.graph.exports.sheets import csv_text, parquet_bytes
from downstack.graph.exports.tables import NAMES, Table, tables
from downstack.graph.exports.write import write_files
from downstack.graph.knowledge import Knowledge
from downstack.graph.names import nearest_words
from downstack.graph.validation import Document
from downstack.results.export import ExportReport

RDF_FORMATS = {"turtle": turtle_text, "ntriples": ntriples_text, "jsonld": jsonld_text}
DRAWINGS: dict[str, Callable[[Cut], str]] = {"graphml": graphml_text, "dot": dot_text, "mermaid": mermaid_text}
SHEETS = ("csv", "parquet")
FORMATS = (*RDF_FORMATS, *DRAWINGS, *SHEETS)
"""What :func:`export` writes, in the order in which documentation lists it."""

Documents = Callable[[], Sequence[Document]]


def no_documents() -> Sequence[Document]:
    """Refuse RDF of a version that no files state: one in which a question has changed some facts."""
    raise UserInputError(
        "this version of the graph was made by changes and has no files of its own",
        field="format",
        hint="export the version that it was made from, or a table (csv, parquet)",
    )


def export(
    knowledge: Knowledge,
    documents: Documents,
    format: str,
    path: str | Path | None = None,
    *,
    entity: str | None = None,
    depth: int = 1,
    names: Sequence[str] | None = None,
    force: bool = False,
) -> ExportReport:
    """Write a graph, or the part of it around an entity, in one format; see :meth:`downstack.kg.KnowledgeGraph.export`.

    Parameters
    ----------
    knowledge
        The graph.
    documents
        Gives the files that it was read from; asked only for RDF.
    format
        One of :data:`FORMATS`.
    path
        A file; for several tables a folder. None to return the text.
    entity, depth
        The slug of an entity, and how many steps around it are kept.
    names
        The tables to write, for CSV and Parquet; all unless given.
    force
        Replace files that are there already.

    Raises
    ------
    UserInputError
        If the format or a table is unknown, the format has no text to return, or the files cannot be written.
    """
    if format not in FORMATS:
        raise UnknownNameError("format", format, nearest_words(format, FORMATS), field="format")
    if names is not None and format not in SHEETS:
        raise UserInputError(f"{format} has no tables to choose from", field="tables", hint="leave the tables out")
    part = cut(knowledge, entity, depth)
    triples: int | None = None
    if format in SHEETS:
        files, text = _sheets(format, part, None if path is None else Path(path), names)
    else:
        if format in RDF_FORMATS:
            found = triples_of(documents(), part)
            triples, text = len(found), RDF_FORMATS[format](found)
        else:
            text = DRAWINGS[format](part)
        files = {} if path is None else {Path(path): text.encode("utf-8")}
    write_files(files, force=force)
    return ExportReport(
        format=format,
        graph_version=knowledge.version,
        files=tuple(str(file) for file in files),
        entities=len(part.entities),
        facts=len(part.facts),
        relations=len(part.relations),
        influences=len(part.influences),
        triples=triples,
        content=text if path is None else None,
    )


def _sheets(
    format: str, part: Cut, path: Path | None, names: Sequence[str] | None
) -> tuple[dict[Path, bytes], str | None]:
    for name in names or ():
        if name not in NAMES:
            raise UnknownNameError("table", name, nearest_words(name, NAMES), field="tables")
    chosen = tables(part, NAMES if names is None else names)
    if not chosen:
        raise UserInputError("there is no table to write", field="tables", hint=f"name one of {', '.join(NAMES)}")
    if path is None:
        if format != "csv" or len(chosen) != 1:
            raise UserInputError(
                f"{format} needs a place to be written to",
                field="path",
                hint="name a folder; one table as csv can also be printed",
            )
        return {}, csv_text(chosen[0])

    def content(table: Table) -> bytes:
        if format == "csv":
            return csv_text(table).encode("utf-8")
        return parquet_bytes(table, {"downstack.graph": part.knowledge.version, "downstack.table": table.name})

    if len(chosen) == 1 and names is not None:
        return {path: content(chosen[0])}, None
    written = {path / f"{table.name}.{format}": content(table) for table in chosen}
    _make_folder(path)
    return written, None


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserInputError(
            f"{path} cannot be a folder: {error.strerror}", field="path", hint="name a folder for the tables"
        ) from None
