"""deploy/compose: what its files promise, and its topology as processes of this machine."""

import json
import re
import shutil
import subprocess

import pytest
import requests
import yaml

import compose_file
import harness
from clients import sign_in

SERVICES, WHOLE = compose_file.read()
NAMES = sorted(SERVICES)
# Not of Debian. What of it is ours is read below.
NOT_RUN = {"grafana"}
PROMETHEUS = pytest.mark.skipif(not shutil.which("prometheus"), reason="prometheus is not installed")


# --- what the files say ------------------------------------------------------------------

def test_it_has_all_that_a_fleet_has():
    assert set(NAMES) == {"yett-1", "yett-2", "application", "postgres", "redis", "mail", "prometheus", "grafana", "setup"}


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_one_release(name):
    assert re.fullmatch(r"[a-z]+(?:/[a-z]+)?:v?\d+\.\d+\.?\d*(?:-[a-z]+)?", SERVICES[name].image), SERVICES[name].image


def test_our_own_is_the_release_of_these_sources():
    version = re.search(r"project\(yett VERSION (\S+)", (harness.ROOT / "CMakeLists.txt").read_text())[1]
    assert {service.image for service in SERVICES.values() if service.image.startswith("yett:")} == {f"yett:{version}"}
    assert f"yett:{version}" in compose_file.FILE.read_text().split("name: yett")[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_service_may_do_nothing_that_it_need_not(name):
    service = SERVICES[name]
    assert service.text["read_only"] and service.text["cap_drop"] == ["ALL"] and service.text["security_opt"] == ["no-new-privileges:true"]
    assert not service.text.get("privileged") and "pid" not in service.text and service.text.get("network_mode") in (None, "none")
    if name == "setup":
        assert service.text["cap_add"] == ["CHOWN"] and service.text["network_mode"] == "none" and service.text["restart"] == "no"
    else:
        assert service.user[0] > 0 and "cap_add" not in service.text


@pytest.mark.parametrize("name", NAMES)
def test_a_service_says_how_it_is(name):
    assert SERVICES[name].health or name == "setup"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_mounted_is_there(name):
    for mount in SERVICES[name].mounts:
        if mount.file:
            assert mount.file.is_file() and mount.read_only, mount
            assert mount.file.is_relative_to(harness.ROOT / "deploy")
        else:
            assert mount.source in WHOLE["volumes"], mount


def test_every_volume_and_network_is_used():
    assert {mount.source for service in SERVICES.values() for mount in service.mounts if not mount.file} == set(WHOLE["volumes"])
    assert {network for service in SERVICES.values() for network in service.networks} == set(WHOLE["networks"])


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_stands_in_an_environment(name):
    for variable, value in SERVICES[name].environment.items():
        if re.search("PASSWORD|SECRET|TOKEN|KEY", variable):
            assert str(value).startswith("/run/secrets/"), variable


def test_setup_gives_files_to_the_users_that_services_run_as():
    text = (compose_file.FILE.parent / "setup.sh").read_text()
    users = {name: (int(user), int(group)) for name, user, group in re.findall(r"\b([a-z]+)=(\d+):(\d+)\b", text)}
    assert users.pop("yett") == SERVICES["yett-1"].user == SERVICES["yett-2"].user
    assert users == {name: SERVICES[name].user for name in users} and len(users) == 4


def test_secrets_are_files_of_whom_they_are_for():
    holders = {}
    for service in SERVICES.values():
        for mount in service.mounts:
            if mount.source.endswith("-secrets") and service.name != "setup":
                assert mount.read_only and mount.target == "/run/secrets"
                assert service.waits_for["setup"] == "service_completed_successfully"
                holders.setdefault(mount.source, set()).add(service.name)
    assert holders.pop("yett-secrets") == {"yett-1", "yett-2"}
    assert all(names == {volume.removesuffix("-secrets")} for volume, names in holders.items()), holders
    assert not any(mount.source == "vault" for service in SERVICES.values() if service.name != "setup" for mount in service.mounts)


def test_nothing_is_reached_from_another_machine_or_past_the_gateways():
    assert all(address == "127.0.0.1" for service in SERVICES.values() for address, *_ in service.published)
    assert {name for name in NAMES if SERVICES[name].published} == {"yett-1", "yett-2", "mail", "prometheus", "grafana"}
    for network, who in {"application": {"application"}, "state": {"postgres", "redis"}}.items():
        assert WHOLE["networks"][network]["internal"]
        assert {name for name in NAMES if network in SERVICES[name].networks} == who | {"yett-1", "yett-2"}
    assert all(SERVICES[name].networks == [network] for network, name in (("application", "application"), ("state", "postgres"), ("state", "redis")))


def test_both_gateways_are_the_same():
    one, two = ({key: value for key, value in SERVICES[name].text.items() if key != "ports"} for name in ("yett-1", "yett-2"))
    assert one == two


def test_grafana_finds_prometheus_and_the_dashboard():
    at = {mount.target: mount.file for mount in SERVICES["grafana"].mounts if mount.file}
    source = yaml.safe_load(at["/etc/grafana/provisioning/datasources/yett.yaml"].read_text())["datasources"][0]
    host, port = re.fullmatch(r"http://([a-z]+):(\d+)", source["url"]).groups()
    assert f"--web.listen-address=0.0.0.0:{port}" in SERVICES[host].command
    assert set(SERVICES[host].networks) & set(SERVICES["grafana"].networks)
    provider = yaml.safe_load(at["/etc/grafana/provisioning/dashboards/yett.yaml"].read_text())["providers"][0]
    shown = [file for target, file in at.items() if target.startswith(provider["options"]["path"] + "/")]
    assert [json.loads(file.read_text())["uid"] for file in shown] == ["yett"]
    assert SERVICES["grafana"].environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] in at


# --- what its processes do ---------------------------------------------------------------

def test_every_service_is_run_or_said_not_to_be(fleet):
    assert set(fleet.start_of) | NOT_RUN == set(SERVICES) and not set(fleet.start_of) & NOT_RUN


@pytest.mark.parametrize("name", sorted(set(NAMES) - NOT_RUN - {"setup", "mail", "prometheus"}))
def test_its_health_check_passes(fleet, name):
    assert fleet.healthy(SERVICES[name])


def test_a_logout_on_one_node_is_one_on_the_other(fleet, nodes):
    one, two = nodes
    assert one.status(None) == 401
    grant = sign_in(fleet, one, "ada@example.com")
    token = grant["access_token"]
    assert "ada@example.com" in one.call("GET", "/hello", token).text
    assert two.status(token) == 200
    assert one.call("POST", "/auth/logout", token, json={"refresh_token": grant["refresh_token"]}).status_code == 204
    assert one.status(token) == 401
    harness.wait_until(lambda: two.status(token) == 401, 2, "a refusal by the other node")
    assert two.call("POST", "/auth/refresh", json={"refresh_token": grant["refresh_token"]}).status_code == 401


def test_letters_come_encrypted(fleet, nodes):
    sign_in(fleet, nodes[1], "grace@example.com")
    assert all(fleet.mail.encrypted)


def number(node, series):
    return float(re.search(rf"^{re.escape(series)} (\S+)$", node.metrics(), re.M)[1])


def test_redis_takes_part_and_refuses_nothing_that_it_is_asked(fleet, nodes):
    """Whatever the gateways ask of it is allowed to their user; else the stream would not be there, and limits be each node's share."""
    shared, alone = 'yett_shared_limits_total{place="shared"}', 'yett_shared_limits_total{place="share"}'
    for node in nodes:
        harness.wait_until(lambda node=node: number(node, "yett_shared_limits_nodes") == 2, 20, "each node to know of the other")
        before = {place: number(node, place) for place in (shared, alone)}
        token = sign_in(fleet, node, f"redis{nodes.index(node)}@example.com")["access_token"]
        assert node.status(token) == 200
        assert number(node, "yett_revocation_stream_connected") == 1
        assert number(node, shared) > before[shared] and number(node, alone) == before[alone]
    assert "NOPERM" not in "".join(process.output for process in fleet.running if isinstance(process, harness.Process))


def test_a_stranger_gets_nothing_of_redis_but_an_answer(fleet):
    redis = SERVICES["redis"]
    ask = ["redis-cli", "-p", str(fleet.port("redis", 6379)), "--tls", "--cacert", fleet.place(redis, "/run/secrets/ca.pem")]
    assert fleet.run(redis, [*ask, "ping"]).stdout == "PONG\n"
    for words in (["get", "yett:anything"], ["keys", "*"], ["acl", "log"], ["subscribe", "news"], ["config", "get", "*"]):
        assert "NOPERM" in fleet.run(redis, [*ask, *words]).stdout, words


def test_a_stranger_gets_nothing_of_postgresql(fleet):
    postgres, where = SERVICES["postgres"], ["-h", "127.0.0.1", "-p", str(fleet.port("postgres", 5432)), "-d", "yett", "-c", "SELECT 1"]
    mine = fleet.secret("postgres-secrets", "yett.password")
    assert fleet.run(postgres, ["psql", "-U", "yett", *where], PGPASSWORD=mine, PGSSLMODE="require").returncode == 0
    assert "no encryption" in fleet.run(postgres, ["psql", "-U", "yett", *where], PGPASSWORD=mine, PGSSLMODE="disable").stderr
    assert "authentication failed" in fleet.run(postgres, ["psql", "-U", "yett", *where], PGPASSWORD="wrong").stderr
    role = fleet.run(postgres, ["psql", "-AtX", "-U", "yett", *where[:-1], "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = 'yett'"],
                     PGPASSWORD=mine)
    assert role.stdout == "f\n", role.stderr


def test_nobody_reads_the_secrets_of_somebody_else(fleet):
    for volume in WHOLE["volumes"]:
        for file in fleet.volume(volume).iterdir() if volume.endswith("-secrets") else ():
            assert file.stat().st_mode & 0o777 == 0o400, file


def test_setup_may_run_again_and_changes_nothing(fleet, nodes):
    def seen():
        return {(volume, file.name): file.read_bytes() for volume in WHOLE["volumes"] if volume.endswith("-secrets")
                for file in fleet.volume(volume).iterdir()}
    before = seen()
    # Broken off between giving a file away and giving it its name.
    left = fleet.volume("redis-secrets") / ".part"
    left.write_text("half")
    left.chmod(0o400)
    fleet.own(left, fleet.users["redis"])
    fleet.run_setup(SERVICES["setup"])
    assert seen() == before


def test_a_certificate_that_ends_soon_is_made_anew(fleet):
    vault = fleet.volume("vault")
    before = (vault / "mail.pem").read_text()
    words = ["openssl", "x509", "-req", "-in", vault / "request", "-CA", vault / "ca.pem", "-CAkey", vault / "ca.key", "-set_serial", "7", "-days", "20"]
    (vault / "mail.pem").write_text(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    fleet.run_setup(SERVICES["setup"])
    assert (vault / "mail.pem").read_text() != before
    subprocess.run(["openssl", "x509", "-checkend", str(300 * 86400), "-noout", "-in", vault / "mail.pem"], check=True, capture_output=True)
    subprocess.run(["openssl", "verify", "-CAfile", vault / "ca.pem", "-verify_hostname", "mail", vault / "mail.pem"], check=True, capture_output=True)


@pytest.mark.parametrize("name", ["yett-1", "yett-2"])
def test_the_configuration_is_without_a_complaint(fleet, name):
    file = fleet.place(SERVICES[name], "/etc/yett/yett.yaml")
    done = fleet.run(SERVICES[name], [fleet.binary, "check", file])
    assert done.returncode == 0 and "warning" not in (done.stdout + done.stderr).lower(), done.stdout + done.stderr


@PROMETHEUS
def test_prometheus_sees_both_nodes_and_knows_the_rules(fleet):
    api = f"http://127.0.0.1:{fleet.port('prometheus', 9090)}/api/v1"

    def up():
        targets = requests.get(api + "/targets", timeout=10).json()["data"]["activeTargets"]
        return sorted(each["labels"]["instance"] for each in targets if each["health"] == "up")
    nodes = sorted(f"localhost:{fleet.port(name, 4090)}" for name in ("yett-1", "yett-2"))
    harness.wait_until(lambda: up() == nodes, 40, "both nodes to be scraped")
    groups = requests.get(api + "/rules", timeout=10).json()["data"]["groups"]
    assert len(groups) > 5 and all(rule["health"] in ("ok", "unknown") for group in groups for rule in group["rules"])
    alerts = requests.get(api + "/alerts", timeout=10).json()["data"]["alerts"]
    assert not [each["labels"]["alertname"] for each in alerts if each["state"] == "firing"]
