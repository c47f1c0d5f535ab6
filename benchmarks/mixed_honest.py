"""Clients that ask what people ask, and expect an answer each time."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator

import httpx
import numpy as np

CHANGE = '{entity: "CHIP", quantity: "memory_bandwidth", op: SCALE, value: FACTOR}'
WHERE = 'where: {model: ["llama-3.1-70b"]}'
CHIPS = ("nvidia-h200-sxm", "nvidia-h100-sxm", "amd-mi300x")
NAMES = ("h200", "tsmc", "lama 3.1", "flash atention", "hynix", "gpt")
EFFECTS = "graphVersion effects(first: 20) { nodes { ratio band { p10 p90 } status flows { share } } }"
GRAPHQL = {
    "`{ __typename }`": (20, "{ __typename }"),
    "an entity and its neighbours": (
        20,
        '{ entity(id: "amd") { slug label relations { predicate object { slug label } } } }',
    ),
    "a page of accelerators with facts": (
        15,
        '{ entities(filter: {type: ["Accelerator"]}, first: 20) { totalCount nodes { slug facts { value unit } } } }',
    ),
    "search": (15, '{ search(text: "NAME") { score entity { slug } } }'),
    "dependencies": (
        8,
        '{ dependencies(of: "tsmc", direction: DOWN, first: 20) { nodes { nodes { entity { slug } } } } }',
    ),
    "value with its trace": (
        8,
        '{ value(quantity: "time_per_output_token", where: {model: ["llama-3.1-70b"], accelerator: ["CHIP"]}) '
        "{ rows { value } trace { value } } }",
    ),
    "impact": (6, '{ impact(changes: [CHANGE], targets: ["decode_tokens_per_second"], WHERE) { EFFECTS } }'),
    "impact, 500 samples": (
        3,
        '{ impact(changes: [CHANGE], targets: ["decode_tokens_per_second"], samples: 500, WHERE) { EFFECTS } }',
    ),
}
SPARQL = (
    "SELECT ?s ?label WHERE { ?s a <https://w3id.org/downstack/ontology#Company> ; "
    "<http://www.w3.org/2000/01/rdf-schema#label> ?label } ORDER BY ?label LIMIT 20"
)
ROWS = 20
THINK_SECONDS = 0.25


def questions(chance: random.Random) -> dict[str, tuple[int, str, dict[str, str]]]:
    """Return name, how often of a hundred, path and body of what is asked."""
    filled = {
        "CHIP": chance.choice(CHIPS),
        "FACTOR": f"{chance.uniform(0.5, 2.0):.4f}",
        "NAME": chance.choice(NAMES),
        "CHANGE": CHANGE,
        "WHERE": WHERE,
        "EFFECTS": EFFECTS,
    }

    def filled_in(text: str) -> str:
        # What is filled in last stands inside what is filled in first.
        for name in ("CHANGE", "WHERE", "EFFECTS", "CHIP", "FACTOR", "NAME"):
            text = text.replace(name, filled[name])
        return text

    asked = {name: (often, "/graphql", {"query": filled_in(text)}) for name, (often, text) in GRAPHQL.items()}
    return {**asked, "SPARQL": (5, "/sparql", {"query": SPARQL})}


class Asked:
    """What honest clients saw."""

    def __init__(self) -> None:
        self._times: defaultdict[str, list[float]] = defaultdict(list)
        self.failures: list[str] = []
        self.told = 0

    def add(self, name: str, milliseconds: float, failure: str | None) -> None:
        """Keep one answer."""
        self._times[name].append(milliseconds)
        if failure is not None:
            self.failures.append(f"{name}: {failure}")

    @property
    def count(self) -> int:
        """How many were asked."""
        return sum(map(len, self._times.values()))

    def percentile(self, of: float) -> float:
        """Return a percentile in milliseconds over all questions."""
        everything = [item for times in self._times.values() for item in times]
        return float(np.percentile(everything, of)) if everything else 0.0

    def rows(self) -> Iterator[tuple[str, int, float, float, float]]:
        """Yield name, count, 50th and 99th percentile and maximum in milliseconds; of all together at the end."""
        everything = [item for times in self._times.values() for item in times]
        for name, times in (*self._times.items(), ("all", everything)):
            p50, p99 = np.percentile(times, (50, 99))
            yield name, len(times), float(p50), float(p99), max(times)


async def honest(url: str, token: str, asked: Asked, chance: random.Random, ended: asyncio.Event) -> None:
    """Ask, read, think, ask again, until it ended."""
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60.0) as client:
        while not ended.is_set():
            offered = questions(chance)
            name = chance.choices(list(offered), [weight for weight, _, _ in offered.values()])[0]
            _, path, body = offered[name]
            began = time.perf_counter()
            try:
                failure = await _ask(client, path, body)
            except httpx.HTTPError as error:
                failure = repr(error)
            asked.add(name, (time.perf_counter() - began) * 1e3, failure)
            await asyncio.sleep(chance.expovariate(1 / THINK_SECONDS))


async def _ask(client: httpx.AsyncClient, path: str, body: dict[str, str]) -> str | None:
    if path == "/sparql":
        answer = await client.post(path, data=body, headers={"accept": "application/sparql-results+json"})
        good = answer.status_code == 200 and len(answer.json()["results"]["bindings"]) == ROWS
    else:
        answer = await client.post(path, json=body)
        good = answer.status_code == 200 and not answer.json().get("errors")
    return None if good else f"{answer.status_code} {answer.text[:300]}"


async def follow_changes(url: str, token: str, asked: Asked, ended: asyncio.Event) -> None:
    """Follow the versions of the graph over an event stream, as a page would, and count what it tells."""
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    body = {"query": "subscription { graphChanged { version } }"}
    async with (
        httpx.AsyncClient(base_url=url, headers=headers, timeout=None) as client,
        client.stream("POST", "/graphql", json=body) as answer,
    ):
        stopping = asyncio.create_task(ended.wait())
        lines = answer.aiter_lines()
        while not ended.is_set():
            coming = asyncio.ensure_future(anext(lines))
            await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                coming.cancel()
                break
            line = coming.result()
            if line.startswith("data:") and line[5:].strip():
                said = json.loads(line[5:])
                if said.get("errors"):
                    asked.failures.append(f"following: {said}")
                asked.told += 1
