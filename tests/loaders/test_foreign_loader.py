"""A loader that another package brings is found by its entry point and used from the command line like any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.loaders.catalogues import EXAMPLES

from downstack.errors import UnknownNameError, UserInputError
from downstack.loaders.registry import BUILT_IN, LoadRequest, find_loader, loader_names

MODULE = '''\
"""A loader of one line a company: its slug and its name."""

from downstack.loaders.gathering import Gathering
from downstack.loaders.inputs import decode, read_files
from downstack.loaders.records import EntityRecord, SourceRecord
from downstack.loaders.report import Rejection, Report


class Lines:
    name = "lines"
    title = "text files with one company a line"
    licence = "yours"

    def read(self, request):
        source = SourceRecord("lines", "Some lines", "https://example.org/lines")
        into = Gathering(self.name, source, Report("Lines"))
        for file in read_files(request.paths, (".txt",)):
            for number, line in enumerate(decode(file.data, file.name).splitlines(), start=1):
                slug, _, label = line.partition(" ")
                if label and slug not in request.held:
                    into.describe(EntityRecord(slug, label, ("Company",), 5), (file.name, number))
                    into.report.keep(1)
                else:
                    into.report.reject(Rejection(number, slug, "", line, "known, or without a name", file.name))
        return into.loaded()
'''


def package(folder: Path, module: str = MODULE) -> Path:
    """What an installer leaves of a package: its module, and the metadata that names the entry point."""
    (folder / "downstack_lines.py").parent.mkdir(parents=True, exist_ok=True)
    (folder / "downstack_lines.py").write_text(module, encoding="utf-8")
    info = folder / "downstack_lines-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: downstack-lines\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[downstack.loaders]\nlines = downstack_lines:Lines\n", encoding="utf-8")
    (info / "RECORD").write_text("", encoding="utf-8")
    return folder


def command(*arguments: str, packages: Path | None = None) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([*([str(packages)] if packages else []), *sys.path])
    return subprocess.run(
        [sys.executable, "-m", "downstack.cli", "load", *arguments],
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_an_installed_loader_loads_from_the_command_line(tmp_path: Path) -> None:
    packages = package(tmp_path / "site")
    lines = tmp_path / "lines.txt"
    lines.write_text("acme-foreign Acme Foreign\nnvidia NVIDIA\n", encoding="utf-8")
    done = command("lines", str(lines), "--store", str(tmp_path / "store"), "--json", packages=packages)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["entities"] == ["acme-foreign"]
    assert answer["rows"] == {"read": 2, "kept": 1, "rejected": 1}
    release = tmp_path / "store" / "releases" / answer["release"]["id"]
    text = (release / "facts" / "loaded" / "lines" / "acme-foreign.ttl").read_text(encoding="utf-8")
    assert 'ds:acme-foreign a dso:Company ;\n    rdfs:label "Acme Foreign"@en' in text


def test_an_installed_loader_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    packages = package(tmp_path / "site", "import nothing_of_that_name\n")
    done = command("lines", "x.txt", "--store", str(tmp_path / "store"), packages=packages)
    assert done.returncode == 1
    assert "the loader 'lines' of downstack_lines:Lines cannot be used" in done.stderr


def test_a_name_that_no_loader_has_is_a_mistake_in_the_command(tmp_path: Path) -> None:
    done = command("ecosystem-graph", "x.yaml", "--store", str(tmp_path / "store"))
    assert done.returncode == 2
    said = " ".join(done.stderr.replace("│", " ").split())
    assert "unknown loader 'ecosystem-graph' (nearest: ecosystem-graphs" in said
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("ecosystem-graphs", "ecosystem-graphs"), ("eto", "eto"), ("rdf", "rdf/chips.ttl"), ("facts-csv", "facts-csv/chips.csv"),
    ],
)  # fmt: skip
def test_a_loader_tells_how_far_it_is(name: str, example: str) -> None:
    told: list[tuple[int, int]] = []
    request = LoadRequest([EXAMPLES / example], {}, progress=lambda done, of: told.append((done, of)))
    report = find_loader(name).read(request).report
    assert [done for done, _ in told] == list(range(1, report.read + 1))
    assert all(of >= report.read for _, of in told)


def test_a_loader_whose_library_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith("downstack.loaders.") or name == "yaml"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "yaml", None)
    from downstack.loaders import registry

    with pytest.raises(
        UserInputError, match=r"the loader 'ecosystem-graphs' needs yaml \(install downstack\[loaders\]"
    ):
        registry.find_loader("ecosystem-graphs")


def test_every_loader_of_the_product_says_what_it_reads_and_under_which_licence() -> None:
    for name in BUILT_IN:
        loader = find_loader(name)
        assert loader.name == name
        assert loader.title
        assert loader.licence
    assert tuple(BUILT_IN) == loader_names()[: len(BUILT_IN)]
    with pytest.raises(UnknownNameError, match=r"unknown loader 'eot' \(nearest: eto"):
        find_loader("eot")
