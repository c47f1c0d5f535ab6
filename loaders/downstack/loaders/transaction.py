"""Checked knowledge into a store, all of it or nothing.

A store is a folder of Turtle that is a whole ontology: one that does not exist yet begins as a copy of the bundled
knowledge. What is loaded is checked together with everything that is there, and written only when nothing is wrong.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from downstack.errors import Finding, KnowledgeError
from downstack.graph.loading import DATA_FOLDERS, validate_paths
from downstack.graph.quality.rules import errors_of
from downstack.vocabulary import locate


def write_store(store: Path, documents: Mapping[str, str], *, dry_run: bool = False) -> None:
    """Check documents together with a store, and write them into it.

    Raises
    ------
    KnowledgeError
        With every finding; nothing is written then.
    """
    whole = (store / "terms").is_dir()
    if store.exists() and not whole and (store.is_file() or any(store.iterdir())):
        hint = "name a folder that holds terms/, or one that does not exist yet"
        raise KnowledgeError((Finding(str(store), None, "the store is not a whole ontology", hint),))
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "store"
        _copy(store if whole else locate(), trial)
        _write(trial, _without_known_sources(trial, documents))
        errors = errors_of(validate_paths([trial]))
        if errors:
            raise KnowledgeError(errors)
        if dry_run:
            return
        if not whole:
            shutil.copytree(trial, store, dirs_exist_ok=True)
        else:
            _write(store, _without_known_sources(store, documents))


def _without_known_sources(store: Path, documents: Mapping[str, str]) -> dict[str, str]:
    known = {path.stem for path in (store / "facts" / "sources").glob("*.ttl")}
    return {name: text for name, text in documents.items() if "/sources/" not in name or Path(name).stem not in known}


def _copy(root: Path, target: Path) -> None:
    for name in DATA_FOLDERS:
        if (root / name).is_dir():
            shutil.copytree(root / name, target / name)


def _write(store: Path, documents: Mapping[str, str]) -> None:
    for name, text in documents.items():
        path = store / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
