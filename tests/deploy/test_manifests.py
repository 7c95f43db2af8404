"""deploy/kubernetes, checked against the API's description; and what the pods run, by the program itself."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
import requests
import yaml

import harness
from postgres_server import PostgresServer

FOLDER = harness.ROOT / "deploy/kubernetes"
MODULES = os.environ.get("YETT_MANIFEST_MODULES", str(harness.ROOT / "build/deploy"))
NAMES = ["gateway.yaml", "sidecar.yaml"]


def manifests(name):
    return [each for each in yaml.safe_load_all((FOLDER / name).read_text()) if each]


def of_kind(name, kind):
    return [each for each in manifests(name) if each["kind"] == kind]


def containers(name):
    return [c for d in of_kind(name, "Deployment") for c in d["spec"]["template"]["spec"]["containers"] if c["name"] == "yett"]


# What is right in gateway.yaml, and how it could be misspelt.
MISTAKES = [
    ("readOnlyRootFilesystem: true", "readonlyRootFilesystem: true"),
    ("terminationGracePeriodSeconds: 125", "terminationGracePeriod: 125"),
    ("automountServiceAccountToken: false\n---", "automountServiceAccount: false\n---"),
    ("matchLabels: { kubernetes.io/metadata.name", "matchLabel: { kubernetes.io/metadata.name"),
    ("runAsUser: 65532", 'runAsUser: "65532"'),
    ("replicas: 2", "replicas: two"),
    ("policyTypes: [Ingress]", "policyTypes: Ingress"),
    ("kind: PodDisruptionBudget", "kind: PodDisruptionBudjet"),
    ("apiVersion: policy/v1", "apiVersion: policy/v1beta9"),
]


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """What is said of each file: ours, and a copy with each mistake. All at once, for reading the API's description takes seconds."""
    folder = tmp_path_factory.mktemp("manifests")
    files = [FOLDER / name for name in NAMES]
    text = (FOLDER / "gateway.yaml").read_text()
    for i, (right, wrong) in enumerate(MISTAKES):
        assert right in text
        files.append(folder / f"{i}.yaml")
        files[-1].write_text(text.replace(right, wrong, 1))
    assert (pathlib.Path(MODULES) / "node_modules/kubernetes-models").is_dir(), f"{MODULES} has no node modules; ./dev test installs them"
    command = ["node", pathlib.Path(__file__).parent / "check_manifests.mjs", MODULES, *files]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and not done.stderr, done.stdout + done.stderr
    assert re.fullmatch(r"\d+ manifests, \d+ mistakes", done.stdout.splitlines()[-1])
    return {file.name: [line for line in done.stdout.splitlines() if line.startswith(f"{file}#")] for file in files}


@pytest.mark.parametrize("name", NAMES)
def test_the_api_knows_every_field(complaints, name):
    assert not complaints[name]


@pytest.mark.parametrize("i", range(len(MISTAKES)), ids=[wrong.split("\n")[0] for _, wrong in MISTAKES])
def test_a_mistake_is_found(complaints, i):
    assert complaints[f"{i}.yaml"]


@pytest.mark.parametrize("name", NAMES)
def test_the_container_may_do_nothing(name):
    assert containers(name)
    for deployment in of_kind(name, "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
    for container in containers(name):
        context = container["securityContext"]
        assert context == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


@pytest.mark.parametrize("name", NAMES)
def test_a_pod_is_given_the_time_that_its_end_takes(name):
    config = settings_of(name)
    assert config["client_limits"]["drain_delay"] == "5s"
    for deployment in of_kind(name, "Deployment"):
        # drain_delay, drain_timeout (30 s unless it says otherwise), and 90 s for the last mail.
        assert deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= 5 + 30 + 90


def settings_of(name):
    return yaml.safe_load(of_kind(name, "ConfigMap")[0]["data"]["yett.yaml"])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_mounted_is_what_the_configuration_reads(name):
    text = of_kind(name, "ConfigMap")[0]["data"]["yett.yaml"]
    mounts = [m["mountPath"] for c in containers(name) for m in c["volumeMounts"]]
    for path in re.findall(r"(?<![\w:/])/(?:etc|run|var)/[\w./-]+", text):
        assert any(path.startswith(mount) for mount in mounts), path
    for deployment in of_kind(name, "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        volumes = {v["name"] for v in pod["volumes"]}
        assert {m["name"] for c in pod["containers"] for m in c.get("volumeMounts", [])} == volumes


@pytest.mark.parametrize("name", NAMES)
def test_probes_and_services_lead_to_ports_of_the_container(name):
    for container in containers(name):
        ports = {p["name"] for p in container["ports"]}
        assert {container[probe]["httpGet"]["port"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")} <= ports
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    for service in of_kind(name, "Service"):
        assert {p["targetPort"] for p in service["spec"]["ports"]} <= ports
    config = settings_of(name)
    numbers = {p["name"]: p["containerPort"] for p in containers(name)[0]["ports"]}
    assert config["listeners"][0]["address"] == f"[::]:{numbers['https']}"
    assert config["management"]["address"] == f"[::]:{numbers['management']}"


def test_only_prometheus_reaches_the_management_port():
    for name in NAMES:
        rules = of_kind(name, "NetworkPolicy")[0]["spec"]["ingress"]
        assert [rule["ports"] for rule in rules if "from" not in rule] == [[{"port": "https"}]]


@pytest.fixture(scope="module")
def postgres():
    server = PostgresServer()
    yield server
    server.stop()


def placed(folder, name, storage):
    """The configuration of a pod with its files below a folder that stands for the root, and free ports."""
    for part in ("etc/yett/secrets", "etc/yett/tls", "run/yett", "var/lib/yett"):
        (folder / part).mkdir(parents=True)
    for made, wanted in (("leaf.crt", "tls.crt"), ("leaf.key", "tls.key")):
        shutil.copy(harness.certificates() / made, folder / "etc/yett/tls" / wanted)
    secrets = {"mail.url": "smtp://127.0.0.1:9", "storage.url": storage, "shared_state.url": "redis://127.0.0.1:9"}
    for secret, text in secrets.items():
        (folder / "etc/yett/secrets" / secret).write_text(text + "\n")
        (folder / "etc/yett/secrets" / secret).chmod(0o400)
    text = re.sub(r"(?<![\w/.])/(etc|run|var)/", rf"{folder}/\1/", of_kind(name, "ConfigMap")[0]["data"]["yett.yaml"])
    return text.replace("[::]:4443", "[::]:0").replace("[::]:4090", "[::]:0")


@pytest.mark.parametrize("name", NAMES)
def test_the_program_runs_with_it(name, start, tmp_path, postgres):
    config = placed(tmp_path / "root", name, postgres.url(postgres.make_database()))
    program = start(harness.Gateway(tmp_path, config))
    assert program.call("GET", "/").status_code in (302, 303, 401)
    assert requests.get(program.management + "/readyz", timeout=10).status_code == 200


def test_the_line_about_redis_is_right(tmp_path, postgres):
    config = placed(tmp_path / "root", "gateway.yaml", postgres.url(postgres.make_database())).replace("# shared_state:", "shared_state:")
    (tmp_path / "yett.yaml").write_text(config)
    assert yaml.safe_load(config)["shared_state"]
    done = subprocess.run([harness.BINARY, "check", tmp_path / "yett.yaml"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
