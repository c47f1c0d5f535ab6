"""One client that means harm: each of its requests has an answer that it may get, and no other."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import httpx

PAUSE_SECONDS = 0.2
EXPONENTIAL = "{ ...f0 } " + " ".join(
    [f"fragment f{n} on Query {{ graph {{ version }} ...f{n + 1} ...f{n + 1} }}" for n in range(25)]
    + ["fragment f25 on Query { graph { version } }"]
)
IMPACT = '{ impact(changes: [{entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", op: SCALE, value: %s}], samples: %s) { method } }'
GRAPHQL = {
    "fragments that double 25 times": EXPONENTIAL,
    "1,000 aliases": "{ " + " ".join(f"a{n}: __typename" for n in range(1_000)) + " }",
    "5,000 levels": "{ a" * 5_000 + " }" * 5_000,
    "a billion samples": IMPACT % ("1.4", "1000000000"),
    "a change to 1e400": IMPACT % ("1e400", "0"),
    "10,000 entities at once": "{ entities(first: 10000) { nodes { slug } } }",
    "a forged cursor": '{ entities(first: 5, after: "Zm9yZ2Vk") { nodes { slug } } }',
    "the schema": "{ __schema { types { name fields { name } } } }",
    "a change without the role": 'mutation { retractFact(id: "fact:x", reason: "x") { graphVersion } }',
}
SPARQL = {
    "5,000 parentheses": "SELECT * { FILTER(" + "(" * 5_000 + "1" + ")" * 5_000 + ") }",
    "SERVICE": "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "FROM a file": "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
    "an update": "DELETE WHERE { ?s ?p ?o }",
    "a cross product": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
}
REFUSED = {400, 401, 403, 408, 413, 422, 429, 431, 503, 504}
"""What may be said to one who means harm; 200 only with an error inside."""


class Hostile:
    """A hostile client with a token that may read.

    Parameters
    ----------
    url
        The service.
    token
        What it was given.
    chance
        What it does next.
    """

    def __init__(self, url: str, token: str, chance: random.Random) -> None:
        self._url, self._token, self._chance = url, token, chance
        self._said: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.surprises: list[str] = []

    @property
    def count(self) -> int:
        """How many requests were sent."""
        return sum(sum(said.values()) for said in self._said.values())

    def rows(self) -> Iterator[tuple[str, int, str]]:
        """Yield name, count and answers of each kind of request."""
        for name, said in self._said.items():
            yield name, sum(said.values()), ", ".join(f"{what} ({count:,})" for what, count in said.most_common())

    async def run(self, ended: asyncio.Event) -> None:
        """Do harm until it ended: requests one after another, and a connection that reads a byte a second beside them."""
        async with httpx.AsyncClient(base_url=self._url, timeout=60.0) as client:
            slow = asyncio.create_task(self._read_slowly(ended))
            while not ended.is_set():
                await self._chance.choice((self._graphql, self._graphql, self._sparql, self._bytes, self._leave))(
                    client
                )
                await asyncio.sleep(PAUSE_SECONDS)
            slow.cancel()

    @property
    def _bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    async def _graphql(self, client: httpx.AsyncClient) -> None:
        name = self._chance.choice(list(GRAPHQL))
        answer = await client.post("/graphql", json={"query": GRAPHQL[name]}, headers=self._bearer)
        codes = sorted({error.get("extensions", {}).get("code", "none") for error in answer.json().get("errors", ())})
        self._keep(name, answer, answer.status_code in REFUSED or bool(codes), " ".join(codes))

    async def _sparql(self, client: httpx.AsyncClient) -> None:
        name = self._chance.choice(list(SPARQL))
        answer = await client.post("/sparql", data={"query": SPARQL[name]}, headers=self._bearer)
        self._keep(f"SPARQL: {name}", answer, answer.status_code in REFUSED)

    async def _bytes(self, client: httpx.AsyncClient) -> None:
        sent = {
            "10 MB": (b'{"query": "#' + b"x" * 10_000_000 + b'"}', self._bearer),
            "bytes that are no text": (b'{"query": "\xff\xfe"}', self._bearer),
            "a wrong token": (
                b'{"query": "{ __typename }"}',
                {"authorization": "Bearer downstack_000000000000_" + "x" * 43},
            ),
            "no token": (b'{"query": "{ __typename }"}', {}),
            "100,000 levels of JSON": (b"[" * 100_000, self._bearer),
        }
        name = self._chance.choice(list(sent))
        body, headers = sent[name]
        try:
            answer = await client.post(
                "/graphql", content=body, headers={**headers, "content-type": "application/json"}
            )
        except (httpx.WriteError, httpx.ReadError):
            # The service hung up while it was still being sent to.
            self._said[name]["cut off"] += 1
            return
        self._keep(name, answer, answer.status_code in REFUSED)

    async def _leave(self, client: httpx.AsyncClient) -> None:
        """Ask something long and hang up."""
        factor = f"1.{self._chance.randrange(10**9):09}"
        body = {"query": IMPACT % (factor, "2000")}
        try:
            await client.post("/graphql", json=body, headers=self._bearer, timeout=0.3)
        except httpx.TimeoutException:
            self._said["asks and leaves"]["left"] += 1
            return
        self._said["asks and leaves"]["answered before"] += 1

    async def _read_slowly(self, ended: asyncio.Event) -> None:
        place = urlsplit(self._url)
        while not ended.is_set():
            reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=1)
            body = json.dumps(
                {"query": "{ entities(first: 100) { nodes { slug label facts { value unit literal } } } }"}
            )
            writer.write(
                f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {self._token}\r\n"
                f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()
            )
            self._said["reads a byte a second"]["begun"] += 1
            try:
                for _ in range(60):
                    await reader.read(1)
                    await asyncio.sleep(1.0)
            finally:
                writer.close()

    def _keep(self, name: str, answer: httpx.Response, meant: bool, codes: str = "") -> None:
        said = f"{answer.status_code} {codes}".strip()
        self._said[name][said] += 1
        if not meant:
            self.surprises.append(f"{name}: {said} {quote(answer.text[:200], safe=' {}:,')}")
