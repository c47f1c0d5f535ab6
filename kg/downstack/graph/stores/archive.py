"""A store of Turtle as one archive: the files of every release, and the history last."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import IO

from downstack.errors import Finding, KnowledgeError, UserInputError
from downstack.graph.loading import read_release
from downstack.graph.releases import POINTER, STAGING, history_text, read_history, release_folder
from downstack.results.releases import Release

_AT, _MAGIC = 257, b"ustar"


def is_archive(file: Path) -> bool:
    """Return whether a backup is an archive of Turtle."""
    with gzip.open(file, "rb") as content:
        return content.read(_AT + len(_MAGIC))[_AT:] == _MAGIC


def pack(store: Path, output: IO[bytes]) -> tuple[tuple[Release, ...], int]:
    """Write the releases of a store of Turtle into an archive, each checked against its digests.

    Raises
    ------
    KnowledgeError
        If a file of a release was changed.
    UserInputError
        If the folder has no releases.
    """
    history = read_history(store)
    if not history:
        raise UserInputError(
            f"{store} has no releases", field="store", hint="a folder that is kept by hand is copied as it is"
        )
    files = 0
    with tarfile.open(fileobj=output, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for release in {item.id: item for item in history}.values():
            files += len(read_release(store, release)[0])
            folder = release_folder(store, release)
            archive.add(folder, folder.relative_to(store).as_posix())
        # Loads may go on meanwhile: the history is the one that the archive began with.
        text = history_text(history).encode()
        entry = tarfile.TarInfo(POINTER)
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return history, files


def unpack(file: Path, store: Path) -> tuple[tuple[Release, ...], int]:
    """Make a store of Turtle from an archive; it is checked before it is there.

    Raises
    ------
    KnowledgeError
        If the archive is damaged.
    UserInputError
        If there is something already.
    """
    if store.exists() and (not store.is_dir() or any(store.iterdir())):
        raise UserInputError(
            f"{store} is not empty", field="store", hint="a store of Turtle is restored into a new folder"
        )
    store.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=store.parent))
    try:
        with tarfile.open(file, "r:gz") as archive:
            archive.extractall(staging, filter="data")
        history = read_history(staging)
        if not history:
            raise KnowledgeError((Finding(str(file), None, "it ends too early", "take another copy of the backup"),))
        releases = {item.id: item for item in history}.values()
        files = sum(len(read_release(staging, release)[0]) for release in releases)
        if store.exists():
            store.rmdir()
        staging.chmod(0o755)
        staging.rename(store)
    except tarfile.TarError as error:
        raise KnowledgeError(
            (Finding(str(file), None, f"it is no backup: {error}", "take another copy of the backup"),)
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return history, files
