"""The file of tokens: as it is now for a service, and changed by the command line.

A service looks at most once a second whether it is another file than before. What cannot be read is logged, and the
tokens that held before still hold: a slip of an editor locks nobody out, and lets nobody in.
"""

from __future__ import annotations

import logging
import os
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from downstack.access.tokens import Token, check_name, matching, read_tokens, token_section
from downstack.errors import UserInputError

INTERVAL = 1.0
"""Seconds between two looks."""
MAX_BYTES = 4_000_000
HEADER = """\
# Tokens of a downstack service: the hash of each, never the token itself. `downstack token new` adds one; remove a section,
# or use `downstack token remove`, to withdraw one. A running service notices within a second.
"""

_log = logging.getLogger("downstack")
_Stamp = tuple[int, int, int]


class TokenFile:
    """The tokens of a file, as the file is now.

    Parameters
    ----------
    path
        The file.
    interval
        Seconds between two looks.

    Raises
    ------
    UserInputError
        If it cannot be read to begin with.
    """

    def __init__(self, path: str | Path, *, interval: float = INTERVAL) -> None:
        self._path = Path(path)
        self._interval = interval
        self._stamp = _stamp(self._path)
        self._tokens = read_token_file(self._path)
        self._next_look = time.monotonic() + interval
        self._lock = threading.Lock()

    def current(self) -> Mapping[str, Token]:
        """Return the tokens that hold, by identifier."""
        now = time.monotonic()
        if now >= self._next_look and self._lock.acquire(blocking=False):
            try:
                self._next_look = now + self._interval
                self._look()
            finally:
                self._lock.release()
        return self._tokens

    def _look(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._tokens = read_token_file(self._path)
        except UserInputError as error:
            _log.error("the tokens stay what they were: %s", error)
            return
        _log.info("the file of tokens %s was read again: %d tokens", self._path, len(self._tokens))

    def find(self, text: str) -> Token | None:
        """Return the entry of a token that holds, or None."""
        return matching(text, self.current())

    def holds(self, identifier: str) -> bool:
        """Return whether a token that was good is still in the file."""
        return identifier in self.current()


def read_token_file(path: Path) -> dict[str, Token]:
    """Return the tokens of a file by identifier.

    Raises
    ------
    UserInputError
        If it cannot be read, if others may write it, or if an entry is wrong.
    """
    try:
        with path.open("rb") as file:
            held = os.fstat(file.fileno())
            if sys.platform != "win32" and held.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise UserInputError(
                    f"others may write the file of tokens {path}, and so give themselves one",
                    field="tokens-file",
                    hint=f"chmod go-w {path}",
                )
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UserInputError(
            f"the file of tokens {path} cannot be read: {error.strerror}",
            field="tokens-file",
            hint="`downstack token new NAME --role read --tokens-file FILE` makes one",
        ) from None
    if len(data) > MAX_BYTES:
        raise UserInputError(f"the file of tokens {path} is larger than {MAX_BYTES} bytes", field="tokens-file")
    try:
        return read_tokens(data.decode(), str(path))
    except UnicodeDecodeError:
        raise UserInputError(f"the file of tokens {path} is not UTF-8", field="tokens-file") from None


def add_token(path: Path, token: Token) -> None:
    """Write a token into a file, which only its owner may read; a file that is not there is made.

    Raises
    ------
    UserInputError
        If the file has a token of that name, or cannot be written.
    """
    text = ""
    if path.exists():
        if any(item.name == token.name for item in read_token_file(path).values()):
            hint = f"choose another name, or withdraw it: downstack token remove {token.name}"
            raise UserInputError(f"{path} has a token {token.name} already", field="name", hint=hint)
        text = path.read_text(encoding="utf-8").rstrip() + "\n"
    _replace(path, f"{text or HEADER}\n{token_section(token)}")


def remove_token(path: Path, name: str) -> Token:
    """Remove a token from a file; everything else in it stays as it is.

    Raises
    ------
    UserInputError
        If the file has none of that name, or cannot be written.
    """
    held = {item.name: item for item in read_token_file(path).values()}
    if check_name(name) not in held:
        hint = f"it has: {', '.join(sorted(held)) or 'none'}"
        raise UserInputError(f"{path} has no token {name}", field="name", hint=hint)
    kept: list[str] = []
    inside = False
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.lstrip().startswith("["):
            inside = line.partition("#")[0].strip().replace(" ", "") in (f"[tokens.{name}]", f'[tokens."{name}"]')
        if not inside:
            kept.append(line)
    text = "".join(kept)
    if {item.name for item in read_tokens(text, str(path)).values()} != held.keys() - {name}:
        hint = f"remove the section [tokens.{name}] with an editor"
        raise UserInputError(f"{path} is not written as `downstack token new` writes it", field="name", hint=hint)
    _replace(path, text)
    return held[name]


def _replace(path: Path, text: str) -> None:
    """Write a file that nobody else may read, all of it or nothing."""
    try:
        # mkstemp makes it with mode 0600: at no moment can anybody else open it.
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise UserInputError(
            f"the file of tokens {path} cannot be written: {error.strerror}",
            field="tokens-file",
            hint="nothing was changed; check the folder and its permissions",
        ) from None


def _stamp(file: Path) -> _Stamp | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
