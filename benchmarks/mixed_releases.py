"""A new release every minute, by turns through the service and by a load beside it."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import httpx

EVERY_SECONDS = 60.0
PATIENCE_SECONDS = 45.0
ASSERT = """mutation ($value: Float!) {
  assertFact(input: {
    entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", value: $value, unit: "TB/s", confidence: ESTIMATE, asOf: "2026-11",
    source: { title: "A fact of the load test", reference: "https://example.org/load-test" }, locator: "none"
  }) { graphVersion userErrors { what } }
}"""
HEADER = (
    "entity_id,entity_name,entity_type,layer,attribute,value,unit,as_of,"
    "source_title,source_url_or_repo,source_path,confidence,note\n"
)
ROW = "load-test-x1,Load test X1,processor,5,memory_bandwidth,{value},TB/s,2026-11,A load test,https://example.org/load-test,p. 1,estimate,\n"


async def releases(url: str, token: str, store: Path, versions: list[str], ended: asyncio.Event) -> None:
    """Make releases until it ended; each must be served within `PATIENCE_SECONDS`."""
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120.0) as client:
        before, turn = await _version(client), 0
        while not ended.is_set():
            turn += 1
            began = time.monotonic()
            if turn % 2:
                body = {"query": ASSERT, "variables": {"value": 4.8 + turn / 1_000}}
                said = (await client.post("/graphql", json=body)).json()
                if said.get("errors") or said["data"]["assertFact"]["userErrors"]:
                    raise RuntimeError(f"the service did not take a fact: {said}")
            else:
                await _load(store, turn)
            while (served := await _version(client)) == before:
                if time.monotonic() - began > PATIENCE_SECONDS:
                    raise RuntimeError(f"release {turn} is not served")
                await asyncio.sleep(0.25)
            versions.append(served)
            before = served
            rest = EVERY_SECONDS - (time.monotonic() - began)
            try:
                await asyncio.wait_for(ended.wait(), max(rest, 1.0))
            except TimeoutError:
                continue


async def _load(store: Path, turn: int) -> None:
    table = store.parent / "load-test.csv"
    table.write_text(HEADER + ROW.format(value=1 + turn / 1_000), encoding="utf-8")
    words = ["load", "facts-csv", str(table), "--store", str(store)]
    # On the core of the clients, as an operator's machine would be another one.
    process = await asyncio.create_subprocess_exec(
        *("taskset", "-c", "1", sys.executable, "-m", "downstack.cli", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode != 0 or b"written to" not in said:
        raise RuntimeError(f"the load failed: {said.decode()}")


async def _version(client: httpx.AsyncClient) -> str:
    answer = await client.post("/graphql", json={"query": "{ graph { version } }"})
    return str(answer.raise_for_status().json()["data"]["graph"]["version"])
