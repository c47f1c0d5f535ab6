"""What can go wrong, as one tree.

::

    DownstackError
    ├── UserInputError            a question that cannot be answered as asked
    │   ├── UnknownNameError      no entity, quantity or role of that name (near names given)
    │   ├── AmbiguousNameError    an alias of several entities
    │   ├── UnitError             an unknown unit, or one of another dimension
    │   └── QueryError            a SPARQL query that is refused
    │       ├── QueryLimitError   it nests too deep, or took more than a query may
    │       ├── QuerySizeError    its text or its answer is too large
    │       └── QueryTimeError    it was stopped at its time limit
    ├── AccessError               who asks may not
    │   ├── UnauthenticatedError  nobody knows who asks
    │   └── ForbiddenError        their role does not allow it
    ├── UnavailableError          not now: what it takes is busy or absent
    ├── TooComplexError           a question, or its answer, that is larger than it may be
    ├── DeadlineExceededError     an answer that took longer than it may, or that nobody waits for any more
    ├── KnowledgeError            data that cannot be loaded: file, line, what, remedy
    └── FunctionError             a description of a function that the registry does not know

Every error carries its facts as fields and a `hint` that says what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


class DownstackError(Exception):
    """The root of all errors that downstack raises on purpose."""

    code = "INTERNAL"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[Callable[..., DownstackError], tuple[object, ...]]:
        # Between processes it is what it was, whatever its constructor takes.
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[DownstackError], arguments: tuple[object, ...], fields: Mapping[str, object]) -> DownstackError:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(fields)
    return error


class UserInputError(DownstackError):
    """The question cannot be answered as asked; `field` names the part that is wrong."""

    code = "BAD_USER_INPUT"

    def __init__(self, message: str, *, field: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class UnknownNameError(UserInputError):
    """No entity, quantity or role has that name; `near` holds the nearest ones."""

    code = "NOT_FOUND"

    def __init__(self, kind: str, name: str, near: tuple[str, ...], *, field: str = "") -> None:
        hint = f"nearest: {', '.join(near)}" if near else ""
        super().__init__(f"unknown {kind} {name!r}", field=field, hint=hint)
        self.kind = kind
        self.name = name
        self.near = near


class AmbiguousNameError(UserInputError):
    """An alias that several entities carry; `candidates` are their slugs."""

    def __init__(self, name: str, candidates: tuple[str, ...], *, field: str = "") -> None:
        super().__init__(
            f"{name!r} is the name of several entities", field=field, hint=f"use one of: {', '.join(candidates)}"
        )
        self.name = name
        self.candidates = candidates


class UnitError(UserInputError):
    """A unit that is not declared, or that measures something else than the quantity."""


class QueryError(UserInputError):
    """A SPARQL query that is refused: it cannot be read, or asks for what is not done here."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, field="query", hint=hint)


class QueryLimitError(QueryError):
    """A query that nests too deep, or needed more than a query may use and was ended."""

    code = "TOO_COMPLEX"


class QuerySizeError(QueryError):
    """The text of a query, or its answer, is larger than the bound."""

    code = "TOO_COMPLEX"


class QueryTimeError(QueryError):
    """A query that was stopped at its time limit."""

    code = "DEADLINE_EXCEEDED"


class AccessError(DownstackError):
    """Who asks may not; `status` is how HTTP says it."""

    status = 403


class UnauthenticatedError(AccessError):
    """Nobody knows who asks: no token, or one that does not hold."""

    code = "UNAUTHENTICATED"
    status = 401


class ForbiddenError(AccessError):
    """It is known who asks, and their role does not allow it."""

    code = "FORBIDDEN"


class UnavailableError(DownstackError):
    """What it takes is busy, or this service does not have it; the question itself was right."""

    code = "UNAVAILABLE"
    status = 503


class TooComplexError(DownstackError):
    """The question, or its answer, is larger than it may be."""

    code = "TOO_COMPLEX"


class DeadlineExceededError(DownstackError):
    """There is no answer in the time that it may take, or nobody waits for it any more; nothing was changed."""

    code = "DEADLINE_EXCEEDED"

    def __init__(self, message: str, *, hint: str = "narrow the question, or ask for fewer samples") -> None:
        super().__init__(message, hint=hint)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in a file, or doubtful: where it is, what it is, and what to do."""

    file: str
    line: int | None
    what: str
    remedy: str
    rule: str = ""
    severity: str = "error"
    """``error`` refuses what is loaded; ``warning`` and ``note`` are said, and nothing is refused."""

    @property
    def is_error(self) -> bool:
        """True when nothing can be loaded as long as it stands."""
        return self.severity == "error"

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.what} ({self.remedy})" if self.remedy else f"{place}: {self.what}"


class KnowledgeError(DownstackError):
    """Data that cannot be loaded; nothing of it was. `findings` name file, line, fault and remedy."""

    findings: tuple[Finding, ...]

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        head = "\n".join(str(item) for item in findings[:20])
        more = f"\n... and {len(findings) - 20} more" if len(findings) > 20 else ""
        super().__init__(f"the knowledge cannot be loaded: {len(findings)} finding(s)\n{head}{more}")
        self.findings = findings


class FunctionError(DownstackError):
    """Data names an implementation that the registry does not hold, or holds with other code."""
