"""Files that appear whole or not at all, and that replace others only when that is asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
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
    taken = [path for path in files if path.exists() or path.is_symlink()]
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
    waiting: dict[Path, Path] = {}
    place = Path()
    try:
        for place, content in files.items():
            part = place.with_name(f".{place.name}.{os.getpid()}.part")
            with part.open("xb") as out:
                waiting[part] = place
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
        for part, place in waiting.items():
            part.replace(place)
    except OSError as error:
        raise UserInputError(
            f"{place} cannot be written: {error.strerror}",
            field="path",
            hint="check that the folder exists and may be written to",
        ) from None
    finally:
        for part in waiting:
            with suppress(OSError):
                part.unlink(missing_ok=True)
