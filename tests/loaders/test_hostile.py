"""Input that means harm: each attack on a loader ends in a refusal or a rejection, and in nothing else.

The tests carry the number of the row of the plan of attacks on loaders and parsers: contexts by address (c01), texts that are
addresses (c02), RDF/XML (c03), nesting (c04), YAML (c05), CSV (c06), archives, paths, links and imports (c07), names (c08),
numbers (c09), a load that ends half-way (c10), forged provenance (c11).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.loaders.catalogues import load

from downstack.errors import KnowledgeError
from downstack.graph.releases import LOCK
from downstack.graph.validation import Document, parse_document, read_documents, shacl_findings
from downstack.loaders import inputs, safe_yaml, tables
from downstack.loaders.registry import BUILT_IN
from downstack.loaders.sources import rdf_reading
from downstack.loaders.texts import clean, entity_slug, mixed_word
from downstack.loaders.transaction import write_store
from downstack.loaders.writer import entity_document, name
from downstack.vocabulary import folder

FACTS = (
    "entity_id,entity_name,entity_type,layer,attribute,value,unit,as_of,source_title,source_url_or_repo,source_path,"
    "confidence,note\n"
)
PREFIXES = """\
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ds: <https://w3id.org/downstack/id/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix fact: <https://w3id.org/downstack/fact/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix src: <https://w3id.org/downstack/source/> .
"""


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and every request that reaches it."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"@context": {}}')

        def log_message(self, format: str, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write(path: Path, data: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def refusal(loader: str, *paths: Path) -> str:
    with pytest.raises(KnowledgeError) as caught:
        load(loader, *paths)
    return str(caught.value.findings[0])


def row(**cells: str) -> str:
    """One row of a table of facts; what is not given is as it should be."""
    good = {
        "entity_id": "acme-h1", "entity_name": "Acme H1", "entity_type": "processor", "layer": "5",
        "attribute": "memory_capacity", "value": "64", "unit": "GB", "as_of": "2026-01", "source_title": "A page",
        "source_url_or_repo": "https://example.org/a", "source_path": "p. 1", "confidence": "press", "note": "",
    }  # fmt: skip
    quoted = ['"' + text.replace('"', '""') + '"' for text in {**good, **cells}.values()]
    return ",".join(quoted) + "\n"


# --- c01, c02: nothing is fetched -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        {"@context": "{url}/context.jsonld", "@id": "ds:acme"},
        {"@context": [{}, "{url}/context.jsonld"], "@id": "ds:acme"},
        {"@id": "ds:acme", "designs": {"@context": "{url}/inner.jsonld", "@id": "ds:x"}},
        {"@context": {"@import": "{url}/imported.jsonld"}, "@id": "ds:acme"},
        {"@context": {"designs": {"@id": "ds:x", "@context": "{url}/scoped.jsonld"}}, "@id": "ds:acme"},
        {"@context": "file:///etc/passwd", "@id": "ds:acme"},
    ],
)
def test_c01_a_context_by_address_is_refused_and_nothing_is_fetched(
    tmp_path: Path, listener: tuple[str, list[str]], document: object
) -> None:
    url, seen = listener
    path = write(tmp_path / "remote.jsonld", json.dumps(document).replace("{url}", url))
    said = refusal("rdf", path)
    assert "is not bundled, and nothing is fetched" in said or "imports another" in said
    assert seen == []


def test_c01_the_listener_would_have_been_reached(listener: tuple[str, list[str]]) -> None:
    import urllib.request

    url, seen = listener
    urllib.request.urlopen(f"{url}/proof").read()
    assert seen == ["/proof"]


def test_c02_an_address_in_the_place_of_a_file_is_no_file(tmp_path: Path, listener: tuple[str, list[str]]) -> None:
    url, seen = listener
    assert "cannot be read" in refusal("rdf", Path(f"{url}/facts.ttl"))
    assert "not Turtle" in refusal("rdf", write(tmp_path / "address.ttl", f"{url}/facts.ttl"))
    assert "the file holds no list" in refusal("ecosystem-graphs", write(tmp_path / "a.yaml", f"{url}/assets.yaml"))
    assert "no table of facts" in refusal("facts-csv", write(tmp_path / "a.csv", f"{url}/facts.csv"))
    assert seen == []


def test_c02_the_format_is_what_the_name_says_and_never_guessed(tmp_path: Path) -> None:
    turtle = "<https://example.org/a> <https://example.org/b> <https://example.org/c> ; <https://example.org/d> 1 ."
    assert "not N-Triples" in refusal("rdf", write(tmp_path / "turtle.nt", turtle))
    assert "a format that its name does not say is not read" in refusal("rdf", write(tmp_path / "turtle.txt", turtle))


def test_c02_no_file_and_no_address_that_stands_in_data_is_ever_opened(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.txt", "secret")
    files = {
        "facts-csv": write(
            tmp_path / "f.csv",
            FACTS + row(source_url_or_repo=f"file://{secret}", source_path=str(secret)) + row(entity_id=str(secret)),
        ),
        "ecosystem-graphs": write(
            tmp_path / "e.yaml", f"- {{name: A B, type: model, url: 'file://{secret}', dependencies: ['{secret}']}}\n"
        ),
        "rdf": write(tmp_path / "r.nt", f"<file://{secret}> <file://{secret}> <file://{secret}> .\n"),
    }
    script = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append((event, str(args[0])))"
        " if event in ('open', 'socket.connect', 'subprocess.Popen') else None)\n"
        "from pathlib import Path\n"
        "from downstack.loaders.registry import LoadRequest, find_loader\n"
        "for pair in sys.argv[1:]:\n"
        "    loader, path = pair.split('=', 1)\n"
        "    report = find_loader(loader).read(LoadRequest([Path(path)], {})).report\n"
        "    assert report.read, pair\n"
        "print('\\n'.join(f'{event} {what}' for event, what in opened))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *(f"{loader}={path}" for loader, path in files.items())],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    opened = done.stdout.splitlines()
    # The files that were named are among what was opened, so the hook sees what it has to see.
    assert any(line.endswith("e.yaml") for line in opened)
    assert [line for line in opened if "secret" in line or line.startswith(("socket", "subprocess"))] == []


# --- c03, c04: entities and nesting ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["rdf", "owl", "xml"])
def test_c03_rdf_xml_is_refused_before_anything_of_it_is_parsed(tmp_path: Path, suffix: str) -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    assert "RDF/XML is not read" in refusal("rdf", write(tmp_path / f"bomb.{suffix}", laughs + "]><x>&j;</x>"))


def test_c03_xml_under_another_name_is_no_turtle(tmp_path: Path) -> None:
    text = '<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><rdf:RDF/>'
    assert "not Turtle" in refusal("rdf", write(tmp_path / "disguised.ttl", text))


def test_c04_nested_collections_are_read_without_recursion_and_rejected(tmp_path: Path) -> None:
    depth = 20_000
    path = write(tmp_path / "deep.ttl", PREFIXES + f"ds:acme dso:designs {'(' * depth}{')' * depth} .\n")
    report = load("rdf", path).report
    assert report.read == report.rejected > depth
    assert {item.reason for item in report.rejections} == {"a node without a name"}


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("deep.jsonld", '{"@id":"http://a/b","http://p/p":' * 20_000 + "1" + "}" * 20_000, "nested deeper than 64"),
        ("deep.jsonld", "[" * 100_000 + "]" * 100_000, "nested deeper than 64"),
        ("deep.jsonld", '{"@id":"http://a/b","http://p/p":' * 65 + "1" + "}" * 65, "nested deeper than 64"),
        (
            "deep.ttl",
            "<http://a/a> <http://a/b> " + "<<( <http://a/a> <http://a/b> " * 20_000,
            "a triple inside a triple",
        ),
    ],
)
def test_c04_nesting_that_would_end_the_process_is_refused_before_the_parser_sees_it(
    tmp_path: Path, file: str, text: str, said: str
) -> None:
    assert said in refusal("rdf", write(tmp_path / file, text))


# --- c05: YAML ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- !!python/object/apply:os.system ['true']\n", "a tag"),
        ("- !!timestamp 2020-01-01\n", "a tag"),
        ("- &a [*a]\n", "stands for nothing yet"),
        ("- {name: A, name: B}\n", "the key 'name' twice"),
        ("- &a {name: A}\n- <<: *a\n", "a merge key"),
        ("- [x]: y\n", "a key that is no text"),
        ("- a\n---\n- b\n", "a second document"),
        ("%TAG ! tag:example.org,2000:\n---\n- a\n", "a tag directive"),
        ("name: A\n", "the file holds no list"),
        ("", "the file holds no list"),
        ("- 'open\n", "not YAML"),
        ("- a\x07\n", "not YAML"),
        ("[" * 20_000, "not YAML"),
        ("[" * 40 + "]" * 40, "nested deeper than 32"),
        (f"[{'x,' * 200_001}]", "more than 200000 values"),
    ],
)
def test_c05_yaml_that_is_more_than_data_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal("ecosystem-graphs", write(tmp_path / "hostile.yaml", text))


def test_c05_an_alias_bomb_is_refused_by_what_it_adds_up_to() -> None:
    lines = ["- &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"- &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]" for n in range(12)]
    with pytest.raises(KnowledgeError, match="more than 200000 values, aliases counted"):
        safe_yaml.read_list("\n".join(lines).encode(), "bomb.yaml")


def test_c05_words_that_yaml_takes_for_something_else_stay_words() -> None:
    text = "- [NO, yes, 1e3, 2023-11-02, 0x10, 1_000, ~, null, .nan, '', =, 12:30:45]\n- {a: &x some, b: *x}\n"
    first, second = safe_yaml.read_list(text.encode(), "words.yaml")
    assert first.value == ["NO", "yes", "1e3", "2023-11-02", "0x10", "1_000", "~", "null", ".nan", "", "=", "12:30:45"]
    assert second.value == {"a": "some", "b": "some"}


# --- c06: CSV -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (FACTS.encode() + b"a\0b" + b"," * 12, "t.csv:2: a NUL character"),
        (FACTS.encode() + "é".encode("latin-1"), "t.csv:2: not UTF-8"),
        (FACTS.encode() + row().encode() + row(note="é").encode("utf-16-le"), "t.csv:3: not UTF-8"),
        (FACTS.encode("utf-16"), "not UTF-8"),
        (FACTS.encode() + b'"open' + b"," * 12, "not CSV"),
        (FACTS.encode() + b'"' + b"x" * 200_000 + b'"' + b"," * 12, "not CSV: field larger than"),
        (FACTS.encode() + b"a,b\n", "2 cells under 13 columns"),
        (",".join(f"c{n}" for n in range(1_000_000)).encode(), "no table of facts"),
        ((FACTS.strip() + "," + ",".join(f"c{n}" for n in range(1_000_000))).encode(), "more than 1000 columns"),
        ((FACTS.strip() + ",value\n").encode(), "column 'value' twice"),
        (b"", "no table of facts"),
    ],
)
def test_c06_a_table_that_is_none_is_refused_with_its_place(tmp_path: Path, data: bytes, said: str) -> None:
    assert said in refusal("facts-csv", write(tmp_path / "t.csv", data))


def test_c06_a_byte_order_mark_and_lines_inside_cells_are_read(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + (FACTS + row(note="one\r\ntwo") + row(value="-1,0")).encode()
    report = load("facts-csv", write(tmp_path / "t.csv", data)).report
    assert (report.kept, report.rejected) == (1, 1)
    # The line is that of the file, the line break inside a cell counted.
    assert str(report.rejections[0]).startswith("t.csv:4: ")


def test_c06_too_many_rows_end_the_reading(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 3)
    assert "more than 3 rows" in refusal("facts-csv", write(tmp_path / "t.csv", FACTS + row() * 5))


@pytest.mark.parametrize("column", ["source_url_or_repo", "note", "value", "entity_id", "as_of"])
def test_c06_a_cell_without_end_is_rejected_and_takes_no_time(tmp_path: Path, column: str) -> None:
    rows = row(**{column: "a" * 130_000}) + row()
    report = load("facts-csv", write(tmp_path / "t.csv", FACTS + rows)).report
    assert [item.reason for item in report.rejections] == ["a cell longer than 4000 characters"]
    assert report.kept == 1


def test_c06_a_text_without_end_is_read_for_no_number(tmp_path: Path) -> None:
    text = f'- {{name: Model R, type: model, organization: O, size: "7{" " * 300_000}x"}}'
    report = load("ecosystem-graphs", write(tmp_path / "a.yaml", text)).report
    assert [item.reason for item in report.cells] == ["longer than 300 characters"]


# --- c07: archives, paths, links, imports ---------------------------------------------------------------------------


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("../../escaped.ttl", "0" * 10_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize("loader", BUILT_IN)
@pytest.mark.parametrize(("data", "kind"), [(archive(), "zip"), (gzip.compress(b"0" * 10_000_000), "gzip")])
def test_c07_an_archive_is_never_unpacked(tmp_path: Path, loader: str, data: bytes, kind: str) -> None:
    assert f"a {kind} archive" in refusal(loader, write(tmp_path / "bomb.ttl", data))
    assert not (tmp_path.parent / "escaped.ttl").exists()


def test_c07_a_link_out_of_a_folder_is_refused(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.yaml", "- {name: A, type: model}\n")
    inside = write(tmp_path / "in" / "real.yaml", "- {name: B, type: model, organization: C}\n").parent
    (inside / "link.yaml").symlink_to(outside)
    assert "link.yaml: a link that leads out of the folder" in refusal("ecosystem-graphs", inside)
    (inside / "link.yaml").unlink()
    (inside / "link.yaml").symlink_to(inside / "real.yaml")
    assert load("ecosystem-graphs", inside).report.read == 2


@pytest.mark.parametrize("loader", BUILT_IN)
def test_c07_a_pipe_or_a_device_is_no_file(tmp_path: Path, loader: str) -> None:
    os.mkfifo(tmp_path / "pipe.ttl")
    assert "not a regular file" in refusal(loader, tmp_path / "pipe.ttl")
    assert "not a regular file" in refusal(loader, Path("/dev/zero"))


@pytest.mark.parametrize("loader", BUILT_IN)
def test_c07_a_file_beyond_the_bound_is_not_read(tmp_path: Path, loader: str) -> None:
    path = tmp_path / "large.ttl"
    with path.open("wb") as file:
        file.truncate(inputs.MAX_BYTES + 1)
    assert "larger than 64 MiB" in refusal(loader, path)


def test_c07_too_many_files_and_too_many_triples_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(inputs, "MAX_FILES", 2)
    monkeypatch.setattr(rdf_reading, "MAX_TRIPLES", 2)
    for number in range(3):
        write(tmp_path / "many" / f"{number}.yaml", "[]")
    assert "more than 2 files" in refusal("ecosystem-graphs", tmp_path / "many")
    line = "<http://a/a> <http://a/b> <http://a/{}> .\n"
    text = "".join(line.format(number) for number in range(3))
    assert "more than 2 triples" in refusal("rdf", write(tmp_path / "many.nt", text))


def test_c07_an_import_is_refused(tmp_path: Path) -> None:
    text = "<https://example.org/o> <http://www.w3.org/2002/07/owl#imports> <file:///etc/passwd> ."
    assert "owl:imports, which is never followed" in refusal("rdf", write(tmp_path / "o.ttl", text))


def test_c07_an_identifier_never_becomes_a_path(tmp_path: Path) -> None:
    evil = "../../../../escaped"
    loads = [
        load("facts-csv", write(tmp_path / "x.csv", FACTS + row(entity_id=evil, entity_name=evil))),
        load(
            "ecosystem-graphs", write(tmp_path / "x.yaml", f"- {{name: '{evil}', type: model, organization: '{evil}'}}")
        ),
        load("rdf", write(tmp_path / "..%2f..%2fx.ttl", PREFIXES + 'ds:acme a dso:Company ; rdfs:label "A"@en .')),
    ]
    for loaded in loads:
        assert loaded.documents
        for place in loaded.documents:
            assert ".." not in place.split("/")
            assert not place.startswith("/")


# --- c08: names -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://example.org"]
)
def test_c08_a_source_by_anything_but_http_is_no_source(tmp_path: Path, address: str) -> None:
    report = load("facts-csv", write(tmp_path / "t.csv", FACTS + row(source_url_or_repo=address))).report
    assert [item.reason for item in report.rejections] == ["the citation has no locator"]
    text = PREFIXES + f'src:evil a dso:Source ; dcterms:title "Evil" ; dso:reference "{address}" .\n'
    with pytest.raises(KnowledgeError, match="neither an http"):
        write_store(tmp_path / "store", load("rdf", write(tmp_path / "t.ttl", text)).documents)
    assert any("the reference can not be followed" in item.what for item in shacl_findings(with_vocabulary(text)))


def test_c08_a_look_alike_of_a_known_name_is_another_thing_and_is_pointed_out(tmp_path: Path) -> None:
    fake = "NVIDI\u0410"
    loaded = load("ecosystem-graphs", write(tmp_path / "a.yaml", f"- {{name: M X, type: model, organization: {fake}}}"))
    assert "nvidia" not in loaded.entities
    assert [item.rule for item in loaded.findings] == ["mixed-alphabets"]
    assert mixed_word(fake) == fake
    assert mixed_word("β-VAE of 北京") is None


def test_c08_marks_that_turn_or_hide_text_are_taken_out_of_names(tmp_path: Path) -> None:
    hostile = "Good\u202egnp.exe\u200b Model\u2066"
    loaded = load(
        "ecosystem-graphs", write(tmp_path / "a.yaml", f'- {{name: "{hostile}", type: model, organization: O}}')
    )
    text = loaded.documents["facts/loaded/ecosystem-graphs/goodgnp-exe-model.ttl"]
    assert 'rdfs:label "Goodgnp.exe Model"@en' in text
    assert clean("e\u0301") == "\u00e9"
    assert clean("a\ud800b") == "ab"


def test_c08_a_name_of_a_megabyte_is_rejected(tmp_path: Path) -> None:
    long = "x" * 1_000_000
    report = load("ecosystem-graphs", write(tmp_path / "a.yaml", f"- {{name: {long}, type: model}}")).report
    assert [item.reason for item in report.rejections] == ["a name longer than 300 characters"]
    assert len(str(report.rejections[0])) < 400
    text = PREFIXES + f'ds:acme a dso:Company ; rdfs:label "{long}"@en .\n'
    assert "a text longer than 100000 characters" in refusal("rdf", write(tmp_path / "a.ttl", text))
    assert len(entity_slug(long)) <= 80


@pytest.mark.parametrize(
    "text",
    [
        'a" .\nds:x a dso:Company',
        "a> <b> <c> .\n#",
        "\\",
        "a\nb",
        "a\u0000b",
        "src:nvidia> a dso:Source ; dso:x <y",
        "\U0001f600",
    ],
)
def test_c08_text_never_ends_the_statement_that_it_stands_in(tmp_path: Path, text: str) -> None:
    assets = [{"name": "Model Q", "type": "model", "organization": text, "license": text, "description": text}]
    path = write(tmp_path / "a.yaml", json.dumps(assets, ensure_ascii=False).replace("\0", "\\u0000"))
    loaded = load("ecosystem-graphs", path)
    for place, document in loaded.documents.items():
        subjects = {str(quad.subject) for quad in parse_document(place, document).triples}
        assert all(subject.startswith("<https://w3id.org/downstack/") for subject in subjects)
        assert not any(subject.endswith("/x>") for subject in subjects)
    assert parse_document("n", f"{name('ds', text)} a <http://a/b> .".replace("ds:", "https://w3id.org/downstack/id/"))


# --- c09: numbers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["NaN", "Inf", "-Inf", "infinity", "-0", "-0.0", "1e400", "1,000", "12 %", "0x10", "٣", "1_000", ""]
)
def test_c09_what_is_no_plain_number_is_rejected_with_file_and_line(tmp_path: Path, value: str) -> None:
    report = load("facts-csv", write(tmp_path / "t.csv", FACTS + row() + row(value=value))).report
    (rejection,) = report.rejections
    assert (rejection.file, rejection.row, rejection.reason) == ("t.csv", 3, "not a number")
    assert str(rejection).startswith("t.csv:3: ")


@pytest.mark.parametrize("value", ["1e400", "NaN", "Infinity", "-Infinity"])
def test_c09_json_that_has_no_finite_number_is_refused(tmp_path: Path, value: str) -> None:
    said = refusal("rdf", write(tmp_path / "n.jsonld", f'{{"@id": "http://a/b", "http://p/p": {value}}}'))
    assert "not JSON" in said


def test_c09_a_fact_that_is_not_finite_is_refused_by_the_store(tmp_path: Path) -> None:
    text = fact('"INF"^^<http://www.w3.org/2001/XMLSchema#double>')
    with pytest.raises(KnowledgeError, match="is not finite"):
        write_store(tmp_path / "store", load("rdf", write(tmp_path / "t.ttl", text)).documents)


def test_c09_a_unit_that_measures_something_else_is_rejected_with_file_and_line(tmp_path: Path) -> None:
    rows = row(unit="GB/s") + row(unit="Gb/s") + row(unit="GIB") + row(attribute="memory_bandwidth", unit="GiB")
    report = load("facts-csv", write(tmp_path / "t.csv", FACTS + rows)).report
    assert [(item.row, item.reason.split(",")[0]) for item in report.rejections] == [
        (2, "GB/s is byte per second"),
        (3, "Gbit/s is byte per second"),
        (4, "unknown unit 'GIB'"),
        (5, "GiB is byte"),
    ]


# --- c10, c11: half a load, forged provenance -----------------------------------------------------------------------


def tree(root: Path) -> str:
    """A digest of all that a store holds; who took its lock last is no part of that."""
    digest = hashlib.sha256()
    for path in sorted(item for item in root.rglob("*") if item.is_file() and item.name != LOCK):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def test_c10_a_load_that_fails_leaves_every_byte_of_the_store_as_it_was(tmp_path: Path) -> None:
    store = tmp_path / "store"
    good = load("facts-csv", write(tmp_path / "good.csv", FACTS + row()))
    write_store(store, good.documents)
    before = tree(store)
    negative = load("facts-csv", write(tmp_path / "bad.csv", FACTS + row(entity_id="acme-h2") + row(value="-5")))
    with pytest.raises(KnowledgeError, match="negative"):
        write_store(store, negative.documents)
    assert tree(store) == before


def fact(value: str = "700.0e0", source: str = "dcterms:source src:page ;", retrieved: str = "2026-01") -> str:
    """A fact of a chip, and its source; each part can be forged."""
    return (
        PREFIXES
        + 'ds:acme-f1 a dso:Accelerator ; rdfs:label "Acme F1"@en ; dso:inLayer dso:layer5 .\n'
        + "fact:acme-f1.tdp a dso:Fact ; dso:subject ds:acme-f1 ; dso:quantity dso:thermalDesignPower ;\n"
        + f'    dso:value {value} ; dso:literal "700" ; dso:unit "W" ; {source} dso:confidence dso:datasheet .\n'
        + f'src:page a dso:Source ; dcterms:title "Page" ; dso:reference "https://example.org/p" ; dso:retrieved "{retrieved}" .\n'
    )


def with_vocabulary(text: str) -> tuple[Document, ...]:
    return (*read_documents(folder("terms")), parse_document("forged.ttl", text))


@pytest.mark.parametrize(
    ("text", "said", "shape"),
    [
        (fact(source=""), "has no dcterms:source", "there is not exactly one source that is described"),
        (fact(source="dcterms:source src:nowhere ;"), "unknown source", "there is not exactly one source"),
        (fact(source='dcterms:source "somebody" ;'), "unknown source", "there is not exactly one source"),
        (fact(retrieved="2999-01"), "is in the future", None),
        (fact(retrieved="last week"), "is not a date", "the date is not one"),
        (fact().replace('dso:reference "https://example.org/p" ; ', ""), "has no dso:reference", "can not be followed"),
        (fact().replace('dso:literal "700" ; ', ""), "has no dso:literal", "the number as printed is missing"),
        (fact().replace('dcterms:title "Page" ; ', ""), "has no dcterms:title", "is not one non-empty text"),
    ],
)  # fmt: skip
def test_c11_a_fact_whose_provenance_is_forged_is_refused(
    tmp_path: Path, text: str, said: str, shape: str | None
) -> None:
    loaded = load("rdf", write(tmp_path / "forged.ttl", text))
    with pytest.raises(KnowledgeError, match=said):
        write_store(tmp_path / "store", loaded.documents)
    assert not (tmp_path / "store").exists()
    if shape is not None:
        assert any(shape in item.what for item in shacl_findings(with_vocabulary(text)))


def test_c11_the_same_fact_unforged_is_taken(tmp_path: Path) -> None:
    loaded = load("rdf", write(tmp_path / "honest.ttl", fact()))
    write_store(tmp_path / "store", loaded.documents, dry_run=True)
    assert loaded.report.rejected == 0


def test_c11_a_bundled_entity_is_not_renamed_by_data(tmp_path: Path) -> None:
    text = PREFIXES + 'ds:nvidia rdfs:label "Somebody else"@en .\n'
    with pytest.raises(KnowledgeError, match="2 values of rdfs:label"):
        write_store(tmp_path / "store", load("rdf", write(tmp_path / "t.ttl", text)).documents)


def test_c11_text_of_a_writer_is_the_text_that_came_in() -> None:
    from downstack.loaders.records import EntityRecord

    label = 'a "quoted" \\ name'
    (quad,) = [
        item
        for item in parse_document("x", entity_document(EntityRecord("x", label, ("Company",), 5), (), (), {})).triples
        if item.predicate.value.endswith("label")
    ]
    assert str(quad.object) == '"a \\"quoted\\" \\\\ name"@en'
