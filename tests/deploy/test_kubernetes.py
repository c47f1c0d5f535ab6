"""The manifests: valid by the schemas of Kubernetes, and true of the service."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
import yaml
from tests.deploy.reading import DEPLOY, DOORS, check_command, check_settings, stops_in_time

from downstack.server.run import check_host

FOLDER = DEPLOY / "kubernetes"
VERSION = "1.30"


def read(name: str) -> dict[str, Any]:
    found = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


RESOURCES: list[str] = read("kustomization.yaml")["resources"]


@pytest.fixture(scope="module")
def pod() -> dict[str, Any]:
    found: dict[str, Any] = read("deployment.yaml")["spec"]["template"]["spec"]
    return found


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod["containers"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", RESOURCES)
def test_a_manifest_is_valid_to_the_letter(name: str) -> None:
    kubernetes_validate.validate(read(name), VERSION, strict=True)


def test_all_manifests_are_listed() -> None:
    assert {path.name for path in FOLDER.glob("*.yaml")} == {*RESOURCES, "kustomization.yaml"}


def test_the_pods_run_the_real_command_with_real_settings(pod: dict[str, Any], container: dict[str, Any]) -> None:
    check_command(container["args"])
    secret = {item["name"]: "given" for item in container["env"]}
    assert all("secretKeyRef" in item["valueFrom"] for item in container["env"])
    settings = check_settings({**read("configmap.yaml")["data"], **secret})
    check_host(settings.host, public_read_only="--public-read-only" in container["args"])
    assert settings.cursor_key is not None, "two replicas take each other's cursors"
    assert settings.drain_seconds > 0, "a pod takes what comes until its endpoint is forgotten"
    assert stops_in_time(settings, pod["terminationGracePeriodSeconds"])
    assert [item["containerPort"] for item in container["ports"]] == [settings.port]


def test_names_that_refer_lead_somewhere(container: dict[str, Any]) -> None:
    (source,) = (item["configMapRef"]["name"] for item in container["envFrom"])
    assert source == read("configmap.yaml")["metadata"]["name"]
    ports = {item["name"] for item in container["ports"]}
    assert {item["targetPort"] for item in read("service.yaml")["spec"]["ports"]} <= ports
    labels = read("deployment.yaml")["spec"]["template"]["metadata"]["labels"]
    for selector in (
        read("deployment.yaml")["spec"]["selector"]["matchLabels"],
        read("service.yaml")["spec"]["selector"],
        read("disruption.yaml")["spec"]["selector"]["matchLabels"],
        read("network.yaml")["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
    secret = container["env"][0]["valueFrom"]["secretKeyRef"]
    head = (FOLDER / "kustomization.yaml").read_text(encoding="utf-8")
    assert f"secret generic {secret['name']} --from-literal={secret['key']}=" in head


def test_each_probe_asks_the_door_that_is_for_it(container: dict[str, Any]) -> None:
    asked = {name: container[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert asked == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    annotations = read("deployment.yaml")["spec"]["template"]["metadata"]["annotations"]
    assert {*asked.values(), annotations["prometheus.io/path"]} <= set(DOORS)
    assert annotations["prometheus.io/port"] == str(container["ports"][0]["containerPort"])


def test_the_pods_cannot_write_or_gain_rights(pod: dict[str, Any], container: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    context = container["securityContext"]
    assert context["readOnlyRootFilesystem"] is True and context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert [item["mountPath"] for item in container["volumeMounts"]] == ["/tmp"]


def test_one_pod_stays_while_another_goes(container: dict[str, Any]) -> None:
    deployment = read("deployment.yaml")["spec"]
    assert deployment["replicas"] > read("disruption.yaml")["spec"]["minAvailable"] >= 1
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert "memory" in container["resources"]["limits"] and "cpu" in container["resources"]["requests"]


def test_pods_talk_to_names_and_to_the_store_only() -> None:
    policy = read("network.yaml")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert all(rule["to"] and rule["ports"] for rule in policy["egress"])
    assert [port["port"] for rule in policy["ingress"] for port in rule["ports"]] == [8000]
