"""Several processes behind one address act as one service."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx
from tests.api.operations.process import service, wait_for
from tests.api.operations.test_metrics import Scrape
from tests.commands import downstack_process

from downstack.server.settings import Settings

PAGE = "query ($after: String) { entities(first: 2, after: $after) { nodes { slug } pageInfo { endCursor } } }"


def asked(scrape: Scrape) -> float:
    return scrape.total("downstack_requests_total", route="/graphql")


def test_several_workers_without_a_key_that_they_share_are_refused() -> None:
    shown = downstack_process("serve", "--workers", "2")
    assert shown.returncode == 1
    assert "DOWNSTACK_CURSOR_KEY" in shown.stderr and "Traceback" not in shown.stderr


def test_two_workers_count_together_take_each_others_cursors_and_stop_well(tmp_path: Path) -> None:
    with service(tmp_path, "--workers", "2", DOWNSTACK_CURSOR_KEY="shared", DOWNSTACK_LOG_LEVEL="warning") as found:

        def page(after: str | None) -> dict[str, object]:
            # A connection each, so that either worker may take it.
            answer = httpx.post(
                f"{found.url}/graphql", json={"query": PAGE, "variables": {"after": after}}, timeout=60
            ).json()
            assert "errors" not in answer, answer
            listed: dict[str, object] = answer["data"]["entities"]
            return listed

        cursor = page(None)["pageInfo"]["endCursor"]  # type: ignore[index]
        assert len({str(page(cursor)["nodes"]) for _ in range(19)}) == 1
        with httpx.Client(base_url=found.url, timeout=60) as client:
            # What another process has answered may be counted a moment after its answer is there.
            wait_for(lambda: asked(Scrape(client)) >= 20, "not all questions were counted", found.process)
            scrape = Scrape(client)
        assert asked(scrape) == 20
        assert len(scrape.values("pid", "downstack_resident_memory_bytes")) in (1, 2)
        assert len(scrape.values("version", "downstack_graph_info")) == 1
        found.process.send_signal(signal.SIGTERM)
        assert found.ends() == 0


def test_workers_that_cannot_start_are_not_started_for_ever(tmp_path: Path) -> None:
    missing = tmp_path / "no-such-store"
    shown = downstack_process("serve", "--workers", "2", "--store", str(missing), DOWNSTACK_CURSOR_KEY="shared")
    assert shown.returncode == 1
    assert "no-such-store" in shown.stderr and "could not start" in shown.stderr


def test_settings_reach_a_worker_as_they_are() -> None:
    given = Settings(
        store="a store",
        host="::1",
        port=9000,
        introspection=False,
        cors_origins=("https://a.example", "https://b.example"),
        cursor_key=b"shared",
        trusted_proxies=("10.0.0.0/8",),
        log_format="json",
        log_level="debug",
        drain_seconds=1.5,
        grace_seconds=2.5,
        workers=3,
    )
    assert Settings.from_environment(given.to_environment()) == given
    assert Settings.from_environment(Settings().to_environment()) == Settings()
