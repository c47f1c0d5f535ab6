"""Files that a person names, as bytes: regular, of a bearable size, inside their folder, and never unpacked.

A loader opens what its user names and nothing else: no path, address or import that stands inside a file is ever followed.
Archives are refused, so that nothing can grow beyond the size that was checked or be written outside its folder.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from downstack.errors import Finding, KnowledgeError

MAX_BYTES = 64 * 1024 * 1024
MAX_FILES = 10_000
ARCHIVES = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "rar",
}
"""First bytes of a file -> how it is packed. A tar file has no such bytes at its beginning; no loader reads one as text."""


@dataclass(frozen=True, slots=True)
class NamedBytes:
    """A file that was read: what reports call it, and what is in it."""

    name: str
    data: bytes


def refuse(name: str, line: int | None, what: str, remedy: str) -> KnowledgeError:
    """One finding as the error that it is."""
    return KnowledgeError((Finding(name, line, what, remedy, "file"),))


def read_file(path: Path, *, name: str | None = None, root: Path | None = None, limit: int = MAX_BYTES) -> bytes:
    """Read one file.

    Parameters
    ----------
    path
        What the user named, or what was found in a folder that the user named.
    name
        What errors call it; the path unless given.
    root
        The folder that the file must lie in, links followed.
    limit
        Bytes that are read at most.

    Raises
    ------
    KnowledgeError
        If it cannot be read, is no regular file, is too large, is an archive, or a link leads out of `root`.
    """
    name = name or str(path)
    try:
        if root is not None and not path.resolve().is_relative_to(root.resolve()):
            raise refuse(name, None, "a link that leads out of the folder", "copy the file into the folder")
        # Opened without waiting: a pipe or a terminal would keep the loader waiting for ever.
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise refuse(name, None, "not a regular file", "give a file")
            if status.st_size > limit:
                raise refuse(name, None, f"larger than {limit // 2**20} MiB", "split it")
            data = file.read(limit + 1)
    except OSError as error:
        raise refuse(name, None, f"cannot be read: {error.strerror}", "check the path") from None
    except ValueError as error:
        raise refuse(name, None, f"cannot be read: {error}", "check the path") from None
    if len(data) > limit:
        raise refuse(name, None, f"larger than {limit // 2**20} MiB", "split it")
    for first, kind in ARCHIVES.items():
        if data.startswith(first):
            raise refuse(name, 1, f"a {kind} archive", "unpack it and give the files that are in it")
    return data


def read_files(paths: Iterable[Path], suffixes: Sequence[str]) -> list[NamedBytes]:
    """Read files, and of folders all files in them whose name ends so, sorted; deeper folders are left alone.

    Raises
    ------
    KnowledgeError
        As :func:`read_file`; also if a folder has no such file, or more than :data:`MAX_FILES`.
    """
    found: list[NamedBytes] = []
    for path in paths:
        if not path.is_dir():
            found.append(NamedBytes(path.name, read_file(path)))
            continue
        names = sorted(item.name for item in path.iterdir() if item.name.endswith(tuple(suffixes)))
        if not names:
            raise refuse(str(path), None, f"no file that ends in {' or '.join(suffixes)}", "check the path")
        if len(names) > MAX_FILES:
            raise refuse(str(path), None, f"more than {MAX_FILES} files", "load them in parts")
        found += [NamedBytes(name, read_file(path / name, root=path)) for name in names]
    return found


def decode(data: bytes, name: str) -> str:
    """Text of a file.

    Raises
    ------
    KnowledgeError
        If it is not UTF-8, or has a character that no text has.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refuse(name, line, f"not UTF-8: {error}", "save the file as UTF-8") from None
    place = text.find("\0")
    if place >= 0:
        raise refuse(name, text.count("\n", 0, place) + 1, "a NUL character", "save the file as plain text")
    return text
