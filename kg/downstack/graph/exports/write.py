"""Files that appear whole or not at all, and that replace others only when that is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from downstack.errors import UserInputError


def write_files(files: Mapping[Path, bytes], *, force: bool) -> None:
    """Write some files: all of them beside their places first, and then each into its place at once.

    Parameters
    ----------
    files
        Path to content.
    force
        Replace files that are there already.

    Raises
    ------
    UserInputError
        If a file is there already, or cannot be written; none of the files has changed then.
    """
    _check_free(files, force=force)
    _write({path: (content,) for path, content in files.items()})


def write_parts(path: Path, parts: Iterable[bytes], *, force: bool) -> None:
    """Write one file part by part, beside its place first; what the parts raise leaves no file.

    Parameters
    ----------
    path
        Where.
    parts
        What comes one after another.
    force
        Replace a file that is there already.

    Raises
    ------
    UserInputError
        If a file is there already, or cannot be written.
    """
    _check_free((path,), force=force)
    _write({path: parts})


def _write(files: Mapping[Path, Iterable[bytes]]) -> None:
    waiting: dict[Path, Path] = {}
    place = Path()
    try:
        for place, parts in files.items():
            beside = place.with_name(f".{place.name}.{os.getpid()}.part")
            with beside.open("xb") as out:
                waiting[beside] = place
                out.writelines(parts)
                out.flush()
                os.fsync(out.fileno())
        for beside, place in waiting.items():
            beside.replace(place)
    except OSError as error:
        raise UserInputError(
            f"{place} cannot be written: {error.strerror}",
            field="path",
            hint="check that the folder exists and may be written to",
        ) from None
    finally:
        for beside in waiting:
            with suppress(OSError):
                beside.unlink(missing_ok=True)


def _check_free(paths: Iterable[Path], *, force: bool) -> None:
    taken = [path for path in paths if path.exists() or path.is_symlink()]
    folder = next((path for path in taken if path.is_dir()), None)
    if folder is not None:
        raise UserInputError(f"{folder} is a folder", field="path", hint="name a file")
    if taken and not force:
        more = f" (and {len(taken) - 1} more)" if len(taken) > 1 else ""
        raise UserInputError(
            f"{taken[0]} exists already{more}",
            field="path",
            hint="replace it with --force (force=True), or name another",
        )
