"""One call of a tool: checked, computed in a thread under a deadline, answered or refused.

What is refused is an answer too: an assistant reads the code and the hint, and asks again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from downstack.deadline import Deadline
from downstack.errors import DownstackError, UnavailableError
from downstack.graphql.cursors import CursorSigner
from downstack.graphql.endpoint import abandon
from downstack.graphql.guards import Guards
from downstack.graphql.observing import current_observation, observe_cost, observe_error, observe_operation
from downstack.graphql.workers import RETRY_AFTER, OverloadedError, Workers
from downstack.kg import KnowledgeGraph
from downstack.mcp.cost import check_cost, cost_of
from downstack.mcp.pages import ANSWER_BYTES, Pages
from downstack.mcp.tool import Question, Tool
from downstack.mcp.validation import check_arguments
from downstack.wire.answers import error_json
from downstack.wire.provenance import Json

_log = logging.getLogger("downstack.mcp")

SHARE = 3
"""Of the bytes of a response, the JSON of an answer has one in so many: it is sent twice, once of them escaped as text."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gives."""

    content: Json
    text: str
    """The same as JSON."""
    is_error: bool


class Calls:
    """Answers calls of tools.

    Parameters
    ----------
    graph
        Gives the graph that a call is answered from.
    guards
        The bounds.
    workers
        The threads for what computes; those of the service, so that all doors share them.
    signer
        Signs cursors.
    """

    def __init__(
        self, graph: Callable[[], KnowledgeGraph], guards: Guards, workers: Workers, signer: CursorSigner
    ) -> None:
        self._graph, self._guards, self._workers, self._signer = graph, guards, workers, signer
        self._most = min(ANSWER_BYTES, guards.response_bytes // SHARE)

    async def answer(self, tool: Tool, arguments: Mapping[str, Any], client: Hashable) -> Outcome:
        """Answer one call, or say why not."""
        seen = current_observation()
        if seen is not None:
            seen.kind, seen.roots = "tool", (tool.name,)
        with observe_operation():
            try:
                return await self._apart(lambda: self._compute(tool, arguments), client)
            except DownstackError as error:
                return _refusal(error)
            except Exception as error:  # noqa: BLE001  # whatever it is, its words are for the log and not for a client
                return _internal(tool, error)

    def _compute(self, tool: Tool, given: Mapping[str, Any]) -> Outcome:
        # Null is as good as left out: clients that fill every argument in send it.
        named = tool.input_schema["properties"]
        arguments = {name: value for name, value in given.items() if value is not None or name not in named}
        check_arguments(tool.name, arguments)
        cost = cost_of(tool, arguments)
        observe_cost(cost)
        check_cost(cost, arguments, self._guards.limits)
        kg = self._graph()
        first = arguments.get("first") or tool.page_size
        pages = Pages(tool.name, arguments, kg.version, self._signer, first)
        content = pages.finish(tool.run(Question(kg, arguments, pages)), self._most)
        return Outcome(content, written(content), is_error=False)

    async def _apart(self, work: Callable[[], Outcome], client: Hashable) -> Outcome:
        deadline = Deadline(self._guards.deadline_seconds)
        try:
            future = self._workers.submit(work, deadline, client)
        except OverloadedError as error:
            raise UnavailableError(
                "too many questions wait for an answer", hint=f"ask again in {RETRY_AFTER} second"
            ) from error
        waiting = asyncio.wrap_future(future)
        try:
            await asyncio.wait((waiting,), timeout=deadline.remaining)
        finally:
            if not waiting.done():
                # Cancelled by who asked, or too late: either way nobody waits for it any more.
                abandon(future, waiting, deadline, withdrawn=not deadline.passed)
        if waiting.done() and not waiting.cancelled():
            return waiting.result()
        raise deadline.error()


def _refusal(error: DownstackError) -> Outcome:
    if error.code == "INTERNAL":
        return _internal(None, error)
    observe_error(error.code)
    return _outcome(error_json(error))


def _internal(tool: Tool | None, error: Exception) -> Outcome:
    reference = secrets.token_hex(8)
    _log.error("internal error %s in the tool %s", reference, None if tool is None else tool.name, exc_info=error)
    observe_error("INTERNAL", reference)
    return _outcome({"error": {"message": "internal error", "code": "INTERNAL", "id": reference}})


def _outcome(content: Json) -> Outcome:
    return Outcome(content, written(content), is_error=True)


def written(content: Json) -> str:
    """Return JSON on one line; a number that JSON cannot carry is an accident, and not null."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
