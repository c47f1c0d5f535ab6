"""Lists cut into pages, and answers cut to the size that they may have.

A cursor names a list of an answer, a place in it and the graph version, signed together with the question: it goes on in
the same list of the same version, or says that the graph was loaded anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from downstack.errors import TooComplexError, UserInputError
from downstack.graphql.cursors import CursorSigner
from downstack.wire.provenance import Json

Item = TypeVar("Item")

ANSWER_BYTES = 250_000
"""Of the JSON of one answer: forty thousand words are more than a reader keeps in mind."""


@dataclass(slots=True)
class _Cut:
    start: int
    end: int
    total: int


class Pages:
    """The pages of one answer.

    Parameters
    ----------
    tool, arguments
        The question; what page is asked for is no part of it.
    version
        The graph version that answers.
    signer
        Signs cursors.
    first
        The items of a list.
    """

    def __init__(self, tool: str, arguments: Mapping[str, Any], version: str, signer: CursorSigner, first: int) -> None:
        asked = {name: value for name, value in arguments.items() if name not in ("first", "after")}
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        self._scope = f"mcp {tool} {digest}"
        self._version, self._signer, self._first = version, signer, first
        self._cuts: dict[str, _Cut] = {}
        self._left_out: set[str] = set()
        after = arguments.get("after")
        self._list: str | None = None
        self._start = 0
        if after is not None:
            self._list, self._start = self._place(after)

    def _place(self, after: str) -> tuple[str, int]:
        name, start, version = self._signer.read(self._scope, after)
        if version != self._version:
            raise UserInputError(
                f"the cursor is of the graph version {version}, and {self._version} answers",
                field="after",
                hint="the graph was loaded anew since: leave the cursor out to start anew",
            )
        return str(name), int(start)

    def cut(self, name: str, items: Sequence[Item]) -> Sequence[Item]:
        """Return the page of a list; nothing of it where another list goes on."""
        if self._list is not None and self._list != name:
            self._left_out.add(name)
            return ()
        start = min(self._start, len(items))
        end = min(len(items), start + self._first)
        self._cuts[name] = _Cut(start, end, len(items))
        return items[start:end]

    def finish(self, found: Json, most: int) -> Json:
        """Return an answer with its pages, of up to so many bytes; lists are cut shorter until it is.

        Raises
        ------
        TooComplexError
            If it is larger with one item of each list.
        """
        answer = {name: value for name, value in found.items() if name not in self._left_out}
        size = len(orjson.dumps(answer))
        while size > most:
            lengths = {name: len(answer[name]) for name in self._cuts if len(answer[name]) > 1}
            if not lengths:
                raise TooComplexError(
                    f"the answer has {size:,} bytes; {most:,} are allowed",
                    hint="ask with a narrower filter, fewer levels or fewer details",
                )
            name = max(lengths, key=lambda item: len(orjson.dumps(answer[item])))
            keep = max(1, lengths[name] // 2)
            answer[name] = answer[name][:keep]
            self._cuts[name].end = self._cuts[name].start + keep
            size = len(orjson.dumps(answer))
        if self._cuts:
            answer["pages"] = {name: self._said(name, cut) for name, cut in self._cuts.items()}
        return answer

    def _said(self, name: str, cut: _Cut) -> Json:
        more = cut.end < cut.total
        place = (name, cut.end, self._version)
        return {
            "totalCount": cut.total,
            "hasNextPage": more,
            "endCursor": self._signer.make(self._scope, place) if more else None,
        }
