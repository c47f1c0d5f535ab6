"""How often one client may ask: told in time with a clock of the test's own."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from tests.api.letting_in import make_keys
from tests.api.serving import running

from downstack.kg import KnowledgeGraph
from downstack.server import create_app
from downstack.server.protection import PRODUCTION_RATE, guards_of, rate_of
from downstack.server.rate import Buckets, RateLimit, network_of
from downstack.server.settings import Settings


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_fills_at_the_rate_up_to_the_burst() -> None:
    clock = Clock()
    buckets = Buckets(RateLimit(per_second=2.0, burst=3.0), clock=clock)
    assert [buckets.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    clock.now = 0.5
    assert buckets.take("a") == 0.0
    assert buckets.take("a") == 0.5
    clock.now = 100.0
    assert [buckets.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_clients_do_not_share_a_bucket() -> None:
    buckets = Buckets(RateLimit(1.0, 1.0), clock=Clock())
    assert [buckets.take(name) for name in ("a", "a", "b", "b")] == [0.0, 1.0, 0.0, 1.0]


def test_the_table_of_clients_is_bounded_and_forgets_who_has_not_asked_for_longest() -> None:
    buckets = Buckets(RateLimit(1.0, 1.0), clients=100, clock=Clock())
    for number in range(1_000):
        buckets.take(f"client {number}")
        buckets.take("busy")
    assert len(buckets) == 100
    assert buckets.take("busy") > 0.0


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        ("address 192.0.2.1", "address 192.0.2.1"),
        ("address 2001:db8:1:2:3:4:5:6", "address 2001:db8:1:2::/64"),
        ("address 2001:db8:1:2::9", "address 2001:db8:1:2::/64"),
        ("address fe80::1%eth0", "address fe80::/64"),
        ("address ::ffff:192.0.2.1", "address ::ffff:192.0.2.1"),
        ("address no:address", "address no:address"),
        ("name 2001:db8::1", "name 2001:db8::1"),
    ],
)
def test_one_machine_is_one_client_whichever_of_its_addresses_it_uses(client: str, counted: str) -> None:
    assert network_of(client) == counted


def test_who_asks_too_often_is_told_when_to_come_back_and_health_is_always_told(kg: KnowledgeGraph) -> None:
    app = create_app(kg, rate_limit=RateLimit(per_second=0.001, burst=3.0))
    with running(app) as url, httpx.Client(base_url=url) as client:
        answers = [client.post("/graphql", json={"query": "{ __typename }"}) for _ in range(5)]
        assert [item.status_code for item in answers] == [200, 200, 200, 429, 429]
        assert int(answers[-1].headers["retry-after"]) > 100
        assert answers[-1].json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert answers[-1].headers["x-content-type-options"] == "nosniff"
        assert client.get("/").status_code == 429
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200


def test_who_has_a_name_is_counted_by_it(kg: KnowledgeGraph, tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    app = create_app(kg, access=keys.access(), rate_limit=RateLimit(per_second=0.001, burst=1.0))
    with running(app) as url, httpx.Client(base_url=url) as client:
        asked = ["read", "read", "write", "write", "read"]
        statuses = [client.get("/", headers=keys.header(role)).status_code for role in asked]
        assert statuses == [200, 429, 200, 429, 429]


@pytest.mark.parametrize(
    ("environment", "limit"),
    [
        ({}, None),
        ({"DOWNSTACK_PRODUCTION": "1"}, RateLimit(PRODUCTION_RATE, 2 * PRODUCTION_RATE)),
        ({"DOWNSTACK_PRODUCTION": "1", "DOWNSTACK_RATE_LIMIT": "0"}, None),
        ({"DOWNSTACK_RATE_LIMIT": "0.2"}, RateLimit(0.2, 1.0)),
        ({"DOWNSTACK_RATE_LIMIT": "5", "DOWNSTACK_RATE_BURST": "7"}, RateLimit(5.0, 7.0)),
    ],
)
def test_the_rate_is_a_setting_and_production_has_one(environment: dict[str, str], limit: RateLimit | None) -> None:
    assert rate_of(Settings.from_environment(environment)) == limit


def test_the_bounds_are_settings() -> None:
    given = {"DOWNSTACK_DEADLINE_SECONDS": "2.5", "DOWNSTACK_MAX_RESPONSE_BYTES": "5000"}
    guards = guards_of(Settings.from_environment(given))
    assert (guards.deadline_seconds, guards.response_bytes, guards.trusted) == (2.5, 5000, None)
    assert guards_of(Settings()).deadline_seconds == 10.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DOWNSTACK_DEADLINE_SECONDS", "soon"),
        ("DOWNSTACK_DEADLINE_SECONDS", "0"),
        ("DOWNSTACK_DEADLINE_SECONDS", "nan"),
        ("DOWNSTACK_MAX_RESPONSE_BYTES", "-1"),
        ("DOWNSTACK_RATE_LIMIT", "inf"),
        ("DOWNSTACK_RATE_BURST", "0"),
        ("DOWNSTACK_PRODUCTION", "perhaps"),
    ],
)
def test_a_bound_that_means_nothing_is_refused(name: str, value: str) -> None:
    from downstack.errors import UserInputError

    with pytest.raises(UserInputError, match=name):
        Settings.from_environment({name: value})
