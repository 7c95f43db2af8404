"""deploy/yett.service and yett.socket, as systemd reads them."""

import configparser
import re
import subprocess

import pytest
import yaml

import harness

DEPLOY = harness.ROOT / "deploy"


def analyze(*words):
    return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, timeout=60)


def unit(name):
    """{section: {key: last value}}"""
    read = configparser.RawConfigParser(strict=False, interpolation=None)
    read.optionxform = str
    read.read(DEPLOY / name)
    return read


def exposure(file):
    """systemd's own figure: 0 is locked up, 10 is open."""
    done = analyze("security", "--offline=yes", "--no-pager", file)
    return float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)[1])


def test_the_service_is_locked_up():
    assert exposure(DEPLOY / "yett.service") <= 1.5


def test_more_so_when_the_socket_opens_the_ports(tmp_path):
    """The lines that yett.socket names."""
    wanted = re.findall(r"^#     (\w+=.*)$", (DEPLOY / "yett.socket").read_text(), re.M)
    assert wanted == ["AmbientCapabilities=", "CapabilityBoundingSet=", "PrivateUsers=yes"]
    text = (DEPLOY / "yett.service").read_text().replace("[Install]", "\n".join(wanted) + "\n[Install]")
    (tmp_path / "yett.service").write_text(text)
    assert exposure(tmp_path / "yett.service") <= 1.2


@pytest.mark.parametrize("line", ["WatchdogSecs=30s", "ProtectSytem=strict", "SystemCallFilter=~@priviledged"])
def test_a_misspelt_line_is_found(tmp_path, line):
    assert not complaints(tmp_path)
    assert complaints(tmp_path, line)


def complaints(folder, more=""):
    """What systemd does not understand of the units, with `more` in the service; programs that are not installed do not count."""
    for name in ("yett.service", "yett.socket"):
        (folder / name).write_text((DEPLOY / name).read_text().replace("[Install]", more + "\n[Install]" if name == "yett.service" else "[Install]"))
    done = analyze("verify", "--man=no", folder / "yett.service", folder / "yett.socket")
    lines = (done.stdout + done.stderr).splitlines()
    return [line for line in lines if "yett." in line and "is not executable" not in line]


def test_the_service_waits_for_the_word_that_it_serves_and_for_signs_of_life():
    service = unit("yett.service")["Service"]
    assert service["Type"] == "notify"
    assert service["WatchdogSec"] == "30s"
    assert service["Restart"] == "on-failure"


def test_the_socket_opens_what_the_configuration_listens_on():
    socket = unit("yett.socket")["Socket"]
    listeners = yaml.safe_load((DEPLOY / "yett.yaml").read_text())["listeners"]
    assert [socket["ListenStream"]] == [each["address"] for each in listeners]
    assert socket["BindIPv6Only"] == "both"


def test_the_service_may_write_where_the_configuration_does():
    service = unit("yett.service")["Service"]
    assert service["StateDirectory"] == service["LogsDirectory"] == "yett"
    config = yaml.safe_load((DEPLOY / "yett.yaml").read_text())
    written = [config["storage"]["url"].removeprefix("sqlite:"), config["management"]["socket"], *config["logging"].values()]
    assert all(path.startswith(("/var/lib/yett/", "/var/log/yett/")) for path in written)
