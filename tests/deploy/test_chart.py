"""The Helm chart: linted and rendered by Helm itself, held against Kubernetes' own schemas."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from application.settings import Settings
from tests.support import helm
from tests.support.helm import HOOK, HelmError, lint, render
from tests.support.repository import ROOT

CHART = ROOT / "deploy" / "helm" / "lastro"
FULL = {
    "kafka__bootstrap": "k1:9092,k2:9092",
    "kafka__security": "SASL_SSL",
    "kafka__user": "lastro",
    "kafka__passwordSecret": {"name": "kafka", "key": "password"},
    "kafka__caSecret": {"name": "kafka-ca", "key": "ca.crt"},
    "web__ingress": {"enabled": True, "host": "fin.example", "tlsSecret": "tls", "className": "nginx"},
    "metrics__operator": True,
    "imagePullSecrets": [{"name": "registry"}],
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "nodeSelector": {"disk": "fast"},
    "extraEnv": [{"name": "TZ", "value": "America/Sao_Paulo"}],
}
OPERATOR = "monitoring.coreos.com/v1"

pytestmark = pytest.mark.skipif(
    not helm.available(), reason="Helm's library is published for Linux on x86-64 only"
)


def of(objects: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    """Those of one kind, by name."""
    return {each["metadata"]["name"]: each for each in objects if each["kind"] == kind}


def containers(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The one container of each deployment and job, by its object's name."""
    pods = of(objects, "Deployment") | of(objects, "Job")
    return {name: each["spec"]["template"]["spec"]["containers"][0] for name, each in pods.items()}


def test_helm_finds_nothing_to_complain_of() -> None:
    assert "icon is recommended" in lint(CHART)


@pytest.mark.parametrize("values", [{}, FULL], ids=["as it comes", "everything"])
def test_each_object_is_what_kubernetes_takes(values: dict[str, Any]) -> None:
    objects = render(CHART, **values)
    assert len(objects) >= 6
    for each in objects:
        if each["apiVersion"] != OPERATOR:
            kubernetes_validate.validate(each, "1.34", strict=True)


def test_without_kafka_nothing_speaks_it() -> None:
    objects = render(CHART)
    assert set(of(objects, "Deployment")) == {"fin-web", "fin-worker"}
    names = {each["name"] for one in containers(objects).values() for each in one["env"]}
    assert not any("KAFKA" in name for name in names)


def test_with_kafka_there_is_one_relay_which_is_never_doubled() -> None:
    relay = of(render(CHART, **FULL), "Deployment")["fin-relay"]
    assert relay["spec"]["replicas"] == 1
    assert relay["spec"]["strategy"] == {"type": "Recreate"}
    with pytest.raises(HelmError, match="replicas"):
        render(CHART, relay__replicas=2)


def test_each_variable_is_a_setting_of_ours() -> None:
    known = {name.upper() for name in Settings.model_fields} | {"SCHEMA"}
    for one in containers(render(CHART, **FULL)).values():
        ours = {each["name"] for each in one["env"] if each["name"].startswith("LASTRO_")}
        assert {name.removeprefix("LASTRO_") for name in ours} <= known
        assert {"LASTRO_DATABASE_URL", "LASTRO_MASTER_KEY_FILE", "LASTRO_KAFKA"} <= ours


def test_every_secret_is_a_mounted_file_and_every_mount_has_its_volume() -> None:
    objects = render(CHART, **FULL)
    for each in (of(objects, "Deployment") | of(objects, "Job")).values():
        pod = each["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        volumes = {volume["name"] for volume in pod["volumes"]}
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert set(mounts) == volumes
        files = [env["value"] for env in container["env"] if env["name"].endswith("_FILE")]
        assert len(files) == 4
        assert all(str(Path(file).parent) in mounts.values() for file in files)
        assert not any("valueFrom" in env for env in container["env"])


def test_every_process_runs_as_nobody_and_writes_to_its_own_folder_only() -> None:
    objects = render(CHART, **FULL)
    for each in (of(objects, "Deployment") | of(objects, "Job")).values():
        pod = each["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True


def test_migrations_run_before_the_new_release_and_after_it() -> None:
    jobs = of(render(CHART), "Job")
    hooks = {name: job["metadata"]["annotations"][HOOK] for name, job in jobs.items()}
    assert hooks == {
        "fin-migrate-pre": "pre-install,pre-upgrade",
        "fin-migrate-post": "post-install,post-upgrade",
    }
    assert jobs["fin-migrate-pre"]["spec"]["template"]["spec"]["containers"][0]["args"] == [
        "db",
        "migrate",
        "--phase",
        "pre",
    ]


def test_services_find_the_pods_they_are_for() -> None:
    objects = render(CHART, **FULL)
    selector = of(objects, "Service")["fin-web"]["spec"]["selector"]
    labels = of(objects, "Deployment")["fin-web"]["spec"]["template"]["metadata"]["labels"]
    assert selector.items() <= labels.items()
    for each in of(objects, "Deployment").values():
        wanted = each["spec"]["selector"]["matchLabels"]
        assert wanted.items() <= each["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"database__url": ""}, "database/url"),
        ({"database__url": "postgresql://lastro:secret@db/lastro"}, "database/url"),
        ({"database__passwordSecret": {"name": "", "key": "password"}}, "passwordSecret"),
        ({"masterKey__secret": {"name": "", "key": "key"}}, "masterKey"),
        ({"kafka__bootstrap": "k1"}, "bootstrap"),
        ({"kafka__security": "TLS"}, "security"),
        ({"consume__replicas": 13}, "consume"),
        ({"logLevel": "LOUD"}, "logLevel"),
        ({"web__ingress": {"enabled": True, "host": "", "tlsSecret": "tls"}}, "web.ingress.host is missing"),
        ({"web__ingress": {"enabled": True, "host": "a.example"}}, "passwords are taken over TLS only"),
    ],
)
def test_a_wrong_value_is_refused_by_name(values: dict[str, Any], said: str) -> None:
    with pytest.raises(HelmError, match=re.escape(said)):
        render(CHART, **values)
