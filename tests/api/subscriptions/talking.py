"""A client that speaks graphql-transport-ws word by word, so that a test can also say what no client would."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.api.serving import DEADLINE
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

PROTOCOL = "graphql-transport-ws"
CHANGE = '[{entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", op: SCALE, value: 1.4}]'


def impact(samples: int = 0, fields: str = "done of share report { graphVersion method }") -> str:
    return (
        f'subscription {{ impact(changes: {CHANGE}, targets: ["decode_tokens_per_second"], '
        f'where: {{model: ["llama-3.1-70b"]}}, samples: {samples}) {{ {fields} }} }}'
    )


class Talk:
    """One connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def say(self, kind: str, **other: Any) -> None:
        self.connection.send(json.dumps({"type": kind, **other}))

    def hear(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.connection.recv(timeout=DEADLINE))
        return found

    def begin(self, payload: Mapping[str, Any] | None = None) -> None:
        self.say("connection_init", **({} if payload is None else {"payload": payload}))
        assert self.hear() == {"type": "connection_ack"}

    def subscribe(self, query: str, name: str = "1", **variables: Any) -> None:
        self.say("subscribe", id=name, payload={"query": query, "variables": variables})

    def answers(self, name: str = "1") -> list[dict[str, Any]]:
        """Everything until the operation ends."""
        found: list[dict[str, Any]] = []
        while True:
            message = self.hear()
            assert message["id"] == name
            if message["type"] != "next":
                return [*found, message]
            found.append(message["payload"])

    def end(self) -> tuple[int, str]:
        """The code and the reason of the end of the connection."""
        for _ in range(10_000):
            try:
                self.connection.recv(timeout=DEADLINE)
            except Exception as error:
                close = self.connection.protocol.close_rcvd
                if close is None:
                    raise AssertionError("the connection did not end as it should") from error
                return close.code, close.reason
        raise AssertionError("the connection does not end")


@contextmanager
def talking(url: str, **options: Any) -> Generator[Talk]:
    """Open a connection to the service at an address."""
    given: dict[str, Any] = {"subprotocols": [Subprotocol(PROTOCOL)], "compression": None, "proxy": None, **options}
    with connect(
        f"ws{url.removeprefix('http')}/graphql", open_timeout=DEADLINE, close_timeout=1, **given
    ) as connection:
        yield Talk(connection)
