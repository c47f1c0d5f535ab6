"""The Turtle is found in a checkout and in a wheel, and names can be written short."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from downstack import vocabulary


def test_the_folders_of_the_checkout_are_found() -> None:
    assert vocabulary.locate().name == "ontology"
    for name in vocabulary.FOLDERS:
        assert vocabulary.folder(name) == vocabulary.locate() / name


def load_copy(path: Path) -> object:
    """Import the module from another place, as an installed wheel would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Path(vocabulary.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("copied_vocabulary", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_folders_of_a_wheel_are_found_beside_the_package(tmp_path: Path) -> None:
    (tmp_path / "downstack" / "ontology_files" / "terms").mkdir(parents=True)
    module = load_copy(tmp_path / "downstack" / "vocabulary.py")
    assert module.locate() == tmp_path / "downstack" / "ontology_files"  # type: ignore[attr-defined]


def test_an_incomplete_installation_says_so(tmp_path: Path) -> None:
    module = load_copy(tmp_path / "downstack" / "vocabulary.py")
    with pytest.raises(FileNotFoundError, match="the ontology files are missing"):
        module.locate()  # type: ignore[attr-defined]


def test_an_unknown_folder_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no ontology folder 'term'; there are: terms, shapes"):
        vocabulary.folder("term")


@pytest.mark.parametrize(
    ("short", "iri"),
    [
        ("ds:tsmc", "https://w3id.org/downstack/id/tsmc"),
        ("dso:Accelerator", "https://w3id.org/downstack/ontology#Accelerator"),
        ("rdfs:label", "http://www.w3.org/2000/01/rdf-schema#label"),
    ],
)
def test_short_names_and_iris_translate_both_ways(short: str, iri: str) -> None:
    assert vocabulary.expand(short) == iri
    assert vocabulary.shorten(iri) == short


def test_what_is_no_short_name_stays_as_it_is() -> None:
    for text in ("https://example.org/x", "unknown:x", "tsmc", ""):
        assert vocabulary.expand(text) == text
        assert vocabulary.shorten(text) == text


def test_all_namespaces_are_constants_and_prefixes() -> None:
    constants = {
        value
        for name, value in vars(vocabulary).items()
        if name.isupper() and isinstance(value, str) and name != "ONTOLOGY"
    }
    assert constants == set(vocabulary.PREFIXES.values())
