"""An answer on its way to a client: as fast as it is taken, and never to be mistaken for a whole one when it is not.

What is short has a length and is sent at once. What is long is sent as it is written, in chunks whose end nobody sees unless
it is whole: when the time or the bytes are over, the connection is closed before the last chunk, which every client of
HTTP/1.1 reports as an error.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread
from starlette.responses import Response

from downstack.errors import DownstackError, QuerySizeError, QueryTimeError
from downstack.graph.sparql.channel import PART

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from downstack.graph.sparql.answers import OpenAnswer

VERSION = "downstack-graph-version"
SENDING = 60.0
"""Seconds that a client has to take what needs no worker any more."""
OLD = "1.0"
"""The version of HTTP that has no chunks: its clients cannot tell a part from the whole."""

_log = logging.getLogger("downstack.sparql")


def whole_or_refused(answer: OpenAnswer, scope: Scope) -> None:
    """Refuse what a client could not tell from a whole answer.

    Raises
    ------
    QuerySizeError
        If the answer is long and the client speaks HTTP/1.0.
    """
    if not answer.whole and scope["method"] != "HEAD" and scope.get("http_version") == OLD:
        raise QuerySizeError(
            f"the answer is longer than {len(answer.beginning):,} bytes, and in HTTP/1.0 nobody sees where it ends",
            hint="ask in HTTP/1.1 (proxy_http_version 1.1 of a proxy), or in parts with LIMIT and OFFSET",
        )


def reason_of(error: DownstackError) -> str:
    """Return, in one word for logs and metrics, why an answer was cut off."""
    if isinstance(error, QueryTimeError):
        return "time"
    return "size" if isinstance(error, QuerySizeError) else "failed"


class AnswerResponse(Response):
    """Sends an answer, and closes it however that ends.

    Parameters
    ----------
    answer
        What is sent.
    limiter
        The threads that wait for its parts.
    cut
        Is told why an answer ends that is not whole.
    done
        Is called at the end.
    """

    def __init__(
        self,
        answer: OpenAnswer,
        limiter: CapacityLimiter,
        *,
        cut: Callable[[DownstackError], object],
        done: Callable[[], object],
    ) -> None:
        headers = {VERSION: answer.version, "vary": "accept", "content-type": answer.format.content_type}
        if answer.whole:
            headers["content-length"] = str(len(answer.beginning))
        super().__init__(headers=headers)
        if not answer.whole:
            # What it is made of has no length yet.
            del self.headers["content-length"]
        self._answer = answer
        self._limiter = limiter
        self._cut = cut
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        sending = asyncio.ensure_future(self._send(send, body=scope["method"] != "HEAD"))
        leaving = asyncio.ensure_future(_until_gone(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._answer.withdraw()
            for task in (sending, leaving):
                task.cancel()
            await asyncio.wait((sending, leaving))
            # The thread that waited for a part is let go by now; ending a worker takes a thread for a moment.
            asyncio.get_running_loop().run_in_executor(None, self._answer.close).add_done_callback(self._closed)
        if sending.done() and not sending.cancelled():
            # What went wrong on the way is for whoever called.
            sending.result()

    def _closed(self, ended: asyncio.Future[None]) -> None:
        self._done()
        if not ended.cancelled() and (error := ended.exception()) is not None:
            _log.error("an answer could not be closed", exc_info=error)

    async def _send(self, send: Send, *, body: bool) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if body and not await self._send_parts(send):
            # The last chunk is missing, so that nobody takes it for whole; the server closes the connection.
            return
        try:
            async with asyncio.timeout(SENDING):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            self._cut(self._answer.too_late())

    async def _send_parts(self, send: Send) -> bool:
        """Send all there is; return whether that is all of the answer."""
        answer = self._answer
        seconds = SENDING if answer.whole else max(0.0, answer.deadline - time.monotonic())
        try:
            async with asyncio.timeout(seconds):
                for start in range(0, len(answer.beginning), PART):
                    await _send_part(send, answer.beginning[start : start + PART])
                while not answer.whole:
                    part = await to_thread.run_sync(answer.part, limiter=self._limiter)
                    if part is None:
                        break
                    await _send_part(send, part)
        except TimeoutError:
            # Written or not, it was not taken in time.
            self._cut(answer.too_late())
            return False
        except DownstackError as error:
            self._cut(error)
            return False
        return True


async def _send_part(send: Send, part: bytes) -> None:
    await send({"type": "http.response.body", "body": part, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
