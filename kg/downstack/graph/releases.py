"""The releases of a store: which there are, which one answers, and its documents as they were loaded.

::

    store/
        releases.json            the history, oldest first; the last entry answers. Replaced as a whole by one rename
        releases/<id>/...        the Turtle of one release; never changed, shared with its neighbours by hard links
        releases/<id>/release.json    the digest of every file, and of the shapes that they were checked against
        releases/.staging-.../   a load that has not ended, or died; nobody reads it
        .lock                    held by the load that is writing

A folder with ``terms/`` and no ``releases.json`` is an ontology that somebody keeps by hand.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from downstack.errors import Finding, KnowledgeError, UserInputError
from downstack.graph.documents import Document, list_files
from downstack.results.releases import Release
from downstack.vocabulary import folder

POINTER = "releases.json"
FOLDER = "releases"
MANIFEST = "release.json"
STAGING = ".staging-"
LOCK = ".lock"
NEW = ".new"
"""Behind the name of a file that is being written, and takes its place when it is whole."""
FORMAT = 1
_DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2})?(?:T.*)?")
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a release consists of."""

    files: Mapping[str, str]
    """Path to the SHA-256 of the file."""
    shapes: str
    """The digest of the shapes that it was checked against."""


def has_releases(store: Path) -> bool:
    """Return whether a folder is a store that loads have written."""
    return (store / POINTER).is_file()


def is_store(path: Path) -> bool:
    """Return whether a folder is a whole ontology: kept by hand, or a store with releases."""
    return has_releases(path) or (path / "terms").is_dir()


def is_unfinished(path: Path) -> bool:
    """Return whether a folder holds nothing but what the first load into it left behind when it died."""
    if not path.is_dir():
        return False
    found = {item.name for item in path.iterdir()}
    return bool(found) and found <= {FOLDER, LOCK, POINTER + NEW}


def split_store(name: str | Path) -> tuple[Path, str | None]:
    """Return the folder and the release of ``FOLDER@RELEASE``; a path that exists is taken as it is."""
    path = Path(name)
    before, at, after = str(name).rpartition("@")
    if at and before and after and not path.exists() and is_store(Path(before)):
        return Path(before), after
    return path, None


def read_history(store: Path) -> tuple[Release, ...]:
    """Return the releases of a store, oldest first; none where a folder is kept by hand.

    Raises
    ------
    KnowledgeError
        If the history cannot be read.
    """
    file = store / POINTER
    if not file.is_file():
        return ()
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise _broken(file, f"it has format {data['format']!r}, this version reads {FORMAT}")
        return tuple(release_of(item) for item in data["releases"])
    except OSError as error:
        raise _broken(file, f"it cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _broken(file, f"it is no history of releases: {error}") from None


def history_text(releases: Sequence[Release]) -> str:
    """Return what ``releases.json`` holds."""
    entries = [record_of(item) for item in releases]
    return json.dumps({"format": FORMAT, "releases": entries}, ensure_ascii=False, indent=1) + "\n"


def record_of(item: Release) -> dict[str, Any]:
    """Return a release as it is written down."""
    return {name: getattr(item, name) for name in Release.__dataclass_fields__} | {
        "rejected": [*map(list, item.rejected)]
    }


def release_of(item: dict[str, Any]) -> Release:
    """Return the release that was written down.

    Raises
    ------
    ValueError
        If its name is no hash.
    """
    # Histories that were written before releases said whose they are do not say it.
    given = {name: item[name] for name in Release.__dataclass_fields__ if name in item or name != "by"}
    given["sources"] = tuple(str(name) for name in given["sources"])
    given["rejected"] = tuple((str(reason), int(count)) for reason, count in given["rejected"])
    if not _ID.fullmatch(given["id"]):
        # It becomes a path: nothing else may ever stand there.
        raise ValueError(f"{given['id']!r} is no content hash")
    return Release(**given)


def find_release(store: Path, wanted: str | None = None) -> Release:
    """Return a release by the beginning of its hash, or the one that answered on a date; the newest unless asked.

    Parameters
    ----------
    store
        A folder with releases.
    wanted
        At least four characters of the hash, or a date: YYYY-MM or YYYY-MM-DD, or a time. A date means the state of
        the store at its end.

    Raises
    ------
    UserInputError
        If there is none, or if several begin like that.
    """
    return pick_release(read_history(store), wanted, str(store))


def pick_release(history: Sequence[Release], wanted: str | None, store: str, field: str = "release") -> Release:
    """Return one of some releases, as :func:`find_release` does.

    Parameters
    ----------
    history
        Oldest first.
    wanted
        The beginning of a hash, or a date.
    store, field
        What messages call the store, and the part of the question that names the release.
    """
    if not history:
        raise UserInputError(
            f"{store} has no releases", field=field, hint="a load makes one; a folder kept by hand has none"
        )
    if wanted is None:
        return history[-1]
    if _DATE.fullmatch(wanted):
        size = len(wanted)
        held = [item for item in history if item.created[:size] <= wanted]
        if held:
            return held[-1]
        raise UserInputError(
            f"{store} had no release on {wanted[:60]}", field=field, hint=f"the first one is of {history[0].created}"
        )
    found = {item.id: item for item in history if item.id.startswith(wanted)}
    if len(found) == 1 and len(wanted) >= 4:
        return next(iter(found.values()))
    listed = ", ".join(dict.fromkeys(item.id for item in [*found.values()] or history[-5:]))
    what = (
        f"{len(found)} releases of {store} begin with {wanted[:60]!r}"
        if found
        else f"{store} has no release {wanted[:60]!r}"
    )
    raise UserInputError(what, field=field, hint=f"there are: {listed}")


def up_to(history: tuple[Release, ...], opened: Release) -> tuple[Release, ...]:
    """Return a history up to a release in it."""
    return history[: max(place for place, item in enumerate(history) if item == opened) + 1]


def release_folder(store: Path, release: Release) -> Path:
    """Return where the Turtle of a release lies."""
    return store / FOLDER / release.id


def read_manifest(root: Path) -> Manifest:
    """Return what a release consists of.

    Raises
    ------
    KnowledgeError
        If its manifest cannot be read.
    """
    file = root / MANIFEST
    try:
        data = cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))
        return Manifest({str(name): str(digest) for name, digest in data["files"].items()}, str(data["shapes"]))
    except OSError as error:
        raise _broken(file, f"it cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _broken(file, f"it is no manifest: {error}") from None


def manifest_text(manifest: Manifest) -> str:
    """Return what ``release.json`` holds."""
    return json.dumps({"files": dict(sorted(manifest.files.items())), "shapes": manifest.shapes}, indent=0) + "\n"


def check_unchanged(root: Path, manifest: Manifest, documents: Sequence[Document]) -> None:
    """Refuse a release whose files are not what was loaded.

    Raises
    ------
    KnowledgeError
        With a finding for every file that is another, that is missing or that was added.
    """
    found = {document.path: document.digest for document in documents}
    findings = [
        Finding(
            str(root / name),
            None,
            "it was added"
            if name not in manifest.files
            else "it is missing"
            if name not in found
            else "it was changed",
            "releases are never edited: restore the file, and load what changed instead",
            "release",
        )
        for name in sorted({*found, *manifest.files})
        if found.get(name) != manifest.files.get(name)
    ]
    if findings:
        raise KnowledgeError(tuple(findings))


@cache
def shapes_digest() -> str:
    """Return the digest of the shapes of this version of the product."""
    digest = hashlib.sha256()
    for file, label in list_files(folder("shapes")):
        digest.update(label.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _broken(file: Path, what: str) -> KnowledgeError:
    return KnowledgeError((Finding(str(file), None, what, "restore the file from a copy of the store", "release"),))
