"""The composition: a store, two replicas that know each other's cursors, one address."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from tests.deploy.reading import DEPLOY, DOORS, check_command, check_settings, stops_in_time

from downstack.server.proxies import Proxies
from downstack.server.run import check_host

FILE = DEPLOY / "compose.yaml"
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")
KEYS = {
    "build", "cap_drop", "command", "depends_on", "deploy", "environment", "healthcheck", "image", "mem_limit", "networks",
    "ports", "read_only", "restart", "security_opt", "stop_grace_period", "tmpfs", "volumes",
}  # fmt: skip


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def service(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]["downstack"]
    return found


@pytest.fixture(scope="module")
def variables(service: dict[str, Any]) -> dict[str, str]:
    """The environment as it is when what must be given is given."""
    given = {name: str(value) for name, value in service["environment"].items()}
    image = {"DOWNSTACK_HOST": "0.0.0.0", "DOWNSTACK_PORT": "8000"}
    return {**image, **{name: VARIABLE.sub(lambda m: m[3] if m[2] == "-" else "given", v) for name, v in given.items()}}


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def test_only_known_keys_and_names_that_are_declared(compose: dict[str, Any]) -> None:
    assert set(compose) == {"name", "services", "networks", "volumes"}
    for service in compose["services"].values():
        assert set(service) <= KEYS
        assert set(service["networks"]) <= set(compose["networks"])
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).is_file()
        assert isinstance(service.get("environment", {}), dict)
        assert all(isinstance(value, str) for value in service.get("environment", {}).values())


def test_the_build_is_that_of_the_containerfile(service: dict[str, Any]) -> None:
    context = (DEPLOY / service["build"]["context"]).resolve()
    assert (context / service["build"]["dockerfile"]).samefile(DEPLOY / "Containerfile")


def test_the_replicas_run_the_real_command_with_real_settings(
    service: dict[str, Any], variables: dict[str, str]
) -> None:
    check_command(service["command"])
    settings = check_settings(variables)
    check_host(settings.host, public_read_only="--public-read-only" in service["command"])
    assert service["deploy"]["replicas"] == 2
    assert settings.cursor_key is not None
    assert stops_in_time(settings, seconds(service["stop_grace_period"]))


def test_what_is_secret_must_be_given_and_stands_nowhere(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("KEY|PASSWORD|TOKEN", name):
                assert (found := VARIABLE.fullmatch(value)) and found[2] == "?", name


def test_the_replicas_cannot_write_or_gain_rights(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"][0].startswith("/tmp:")
    assert "ports" not in service


def test_ports_and_doors_agree(compose: dict[str, Any], service: dict[str, Any], variables: dict[str, str]) -> None:
    port = variables["DOWNSTACK_PORT"]
    assert f"server downstack:{port} " in NGINX
    check = service["healthcheck"]["test"][-1]
    assert f"127.0.0.1:{port}/readyz" in check
    compile(check, "check", "exec")
    (published,) = compose["services"]["proxy"]["ports"]
    address, outside, inside = published.split(":")
    assert address == "127.0.0.1", "what all may reach is put in front by who wants that"
    assert f"listen {inside};" in NGINX
    assert f"http://127.0.0.1:{outside}" in FILE.read_text(encoding="utf-8")
    assert re.findall(r"location = (\S+)", NGINX) == ["/metrics"]
    assert set(re.findall(r"location = (\S+)", NGINX)) <= set(DOORS)


def test_the_proxy_is_trusted_and_sets_what_it_is_trusted_with(
    compose: dict[str, Any], variables: dict[str, str]
) -> None:
    (subnet,) = (item["subnet"] for item in compose["networks"]["front"]["ipam"]["config"])
    assert Proxies(check_settings(variables).trusted_proxies).trusted == (subnet,)
    for header in ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme", "X-Request-Id $request_id"):
        assert f"proxy_set_header {header};" in NGINX


def test_the_store_is_reached_by_the_replicas_only(compose: dict[str, Any], variables: dict[str, str]) -> None:
    assert compose["networks"]["store"]["internal"] is True
    members = {name for name, item in compose["services"].items() if "store" in item["networks"]}
    assert members == {"virtuoso", "fill", "downstack"}
    assert "ports" not in compose["services"]["virtuoso"]
    assert "://virtuoso:" in variables["DOWNSTACK_STORE"]
