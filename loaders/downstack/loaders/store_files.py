"""The files of releases, written so that a crash at any moment leaves whole releases only.

A release is written beside the others under a name that nobody reads, brought to the disk, and renamed. Then the history
that names it as the last one is written in the same way. Before that second rename the store is what it was.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from downstack.errors import Finding, KnowledgeError
from downstack.graph.documents import DATA_FOLDERS, digest_of
from downstack.graph.releases import (
    FOLDER,
    MANIFEST,
    NEW,
    POINTER,
    STAGING,
    Manifest,
    history_text,
    manifest_text,
    read_history,
    read_manifest,
    shapes_digest,
)
from downstack.results.releases import Release

FIRST = 2
"""Releases that a first load can leave without a history: how the store began, and what was loaded."""
BY_HAND = "by-hand"
"""Where the files of a folder that was kept by hand lie after the first load into it."""


def write_release(store: Path, identifier: str, files: Mapping[str, str], before: Path | None) -> None:
    """Bring a release to the disk, without naming it in the history.

    Parameters
    ----------
    store
        The store; its lock is held.
    identifier
        The graph version.
    files
        Path to text, of everything.
    before
        A release whose files are shared where they are the same.
    """
    root = store / FOLDER / identifier
    if root.is_dir():
        # The store held this very version before; or a load died between the two renames.
        return
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=store / FOLDER))
    written: list[Path] = []
    shared = {} if before is None else _digests(before)
    digests = {name: digest_of(text) for name, text in files.items()}
    for name, text in files.items():
        target = staging / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if before is None or shared.get(name) != digests[name] or not _link(before / name, target):
            target.write_bytes(text.encode())
            written.append(target)
    target = staging / MANIFEST
    target.write_text(manifest_text(Manifest(digests, shapes_digest())), encoding="utf-8")
    written.append(target)
    for path in written:
        path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    staging.chmod(0o755)
    _to_disk([*written, *(Path(parent) for parent, _, _ in os.walk(staging))])
    staging.rename(root)
    _to_disk([store / FOLDER])


def write_history(store: Path, releases: Sequence[Release]) -> None:
    """Replace the history of a store: from now on its last release answers."""
    fresh = store / (POINTER + NEW)
    fresh.write_text(history_text(releases), encoding="utf-8")
    _to_disk([fresh])
    fresh.replace(store / POINTER)
    _to_disk([store])


def clean(store: Path) -> None:
    """Remove what dead loads left behind, and end what one that died after its last rename had still to do.

    The lock of the store is held, so that whoever wrote what is found here has ended.

    Raises
    ------
    KnowledgeError
        If the history is gone: then nothing says which releases are to be kept.
    """
    releases = store / FOLDER
    releases.mkdir(exist_ok=True)
    kept = {item.id for item in read_history(store)}
    found = sum(item.is_dir() and not item.name.startswith(STAGING) for item in releases.iterdir())
    if not kept and found > FIRST:
        what = f"the history is missing, and there are {found} releases"
        remedy = f"restore {POINTER} from a copy of the store; nothing was changed"
        raise KnowledgeError((Finding(str(store), None, what, remedy, "release"),))
    for item in releases.iterdir():
        if item.name not in kept:
            shutil.rmtree(item) if item.is_dir() and not item.is_symlink() else item.unlink()
    (store / (POINTER + NEW)).unlink(missing_ok=True)
    if kept:
        _set_aside(store)


def discard(store: Path, *, created: bool) -> None:
    """Remove what a load that failed wrote; as much as can be removed."""
    for item in (store / FOLDER).glob(STAGING + "*"):
        shutil.rmtree(item, ignore_errors=True)
    if created:
        shutil.rmtree(store, ignore_errors=True)


def _set_aside(store: Path) -> None:
    """Move the files that were kept by hand out of the way: nobody reads them any more, and who edits them must see it."""
    found = [store / name for name in DATA_FOLDERS if (store / name).is_dir()]
    if not found:
        return
    aside = store / BY_HAND
    aside.mkdir(exist_ok=True)
    for item in found:
        target, number = aside / item.name, 1
        while target.exists():
            number += 1
            target = aside / f"{item.name}-{number}"
        item.rename(target)
    _to_disk([aside, store])


def _digests(root: Path) -> Mapping[str, str]:
    return read_manifest(root).files


def _link(source: Path, target: Path) -> bool:
    try:
        target.hardlink_to(source)
    except OSError:
        # Another file system, or one without links: a copy is written.
        return False
    return True


def _to_disk(paths: Iterable[Path]) -> None:
    """Wait until files and folders are on the disk; many at a time, which the disk does in one go."""
    listed = list(paths)
    if len(listed) < 8:
        for path in listed:
            _sync(path)
        return
    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(_sync, listed):
            pass


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        # Windows brings a rename to the disk by itself and opens no folders.
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
