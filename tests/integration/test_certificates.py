"""Certificates that change while the program runs, as certbot and Kubernetes change them."""

import os
import shutil
import signal
import ssl
import subprocess

import pytest

import harness

CONNECTIONS = 16         # enough to meet every worker


@pytest.fixture
def gateway(start, echo, tmp_path):
    return start(harness.Gateway(tmp_path, harness.settings(echo.port, workers=2)))


def issue(folder, ca):
    """Another leaf by the same authority."""
    shutil.copytree(ca, folder)
    for name in ("leaf.crt", "leaf.key"):
        (folder / name).unlink()
    subprocess.run([harness.BINARY, "dev-certs", folder], check=True, capture_output=True)
    return folder


@pytest.fixture
def successor(gateway, tmp_path):
    return issue(tmp_path / "successor", tmp_path / "certs")


def leaf_in(folder):
    return ssl.PEM_cert_to_DER_cert((folder / "leaf.crt").read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n")


def shown(gateway):
    """What new connections are shown."""
    seen = set()
    for _ in range(CONNECTIONS):
        with gateway.raw(tls=True) as client:
            seen.add(client.socket.getpeercert(binary_form=True))
    return seen


def put(source, target):
    """Replaces a file at once, as programs that know better do."""
    shutil.copy(source, str(target) + ".new")
    os.rename(str(target) + ".new", target)


def await_shown(gateway, folder):
    harness.wait_until(lambda: shown(gateway) == {leaf_in(folder)}, what="the new certificate")


def errors(gateway):
    return gateway.log(level="error", message="certificates could not be read again; those before stay in use")


def ask(client, path="/public/x"):
    client.send(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode())
    return client.read_available()[0]


def test_a_renewed_certificate_is_shown_without_a_restart(gateway, successor, tmp_path):
    before = leaf_in(tmp_path / "certs")
    assert shown(gateway) == {before} != {leaf_in(successor)}
    with gateway.raw(tls=True) as open_before:
        assert b" 200 OK" in ask(open_before)
        for name in ("leaf.crt", "leaf.key"):
            put(successor / name, tmp_path / "certs" / name)
        await_shown(gateway, successor)
        assert b" 200 OK" in ask(open_before)                    # what is open goes on
    assert gateway.call("GET", "/public/x").status_code == 200
    assert gateway.log(level="info", message="certificates were read again") and not errors(gateway)
    assert gateway.metric("yett_tls_certificates_last_read_successful") == 1


def test_the_figure_of_its_end_follows(gateway, tmp_path):
    short = tmp_path / "short"
    issue(short, tmp_path / "certs")
    before = gateway.metric("yett_tls_certificate_expiry_timestamp_seconds")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", short / "leaf.key", "-out", short / "leaf.crt"], check=True, capture_output=True)
    for name in ("leaf.crt", "leaf.key"):
        put(short / name, tmp_path / "certs" / name)
    harness.wait_until(lambda: gateway.metric("yett_tls_certificate_expiry_timestamp_seconds") != before, what="another end")
    assert gateway.metric("yett_tls_certificate_expiry_timestamp_seconds") < before


def test_a_chain_that_comes_before_its_key_waits_for_it(gateway, successor, tmp_path):
    before = leaf_in(tmp_path / "certs")
    put(successor / "leaf.crt", tmp_path / "certs/leaf.crt")
    harness.wait_until(lambda: errors(gateway), what="a word about it")
    assert "leaf.key" in errors(gateway)[0]["error"]
    assert shown(gateway) == {before}
    assert gateway.metric("yett_tls_certificates_last_read_successful") == 0
    put(successor / "leaf.key", tmp_path / "certs/leaf.key")
    await_shown(gateway, successor)
    assert len(errors(gateway)) == 1 and gateway.metric("yett_tls_certificates_last_read_successful") == 1


@pytest.mark.parametrize("damage", ["garbage", "empty", "gone"])
def test_files_that_cannot_be_used_change_nothing(gateway, successor, tmp_path, damage):
    chain = tmp_path / "certs/leaf.crt"
    before = leaf_in(tmp_path / "certs")
    if damage == "gone":
        chain.unlink()
    else:
        chain.write_text({"garbage": "-----BEGIN NOTHING-----\n", "empty": ""}[damage])
    harness.wait_until(lambda: errors(gateway), what="a word about it")
    assert shown(gateway) == {before}
    for name in ("leaf.crt", "leaf.key"):
        put(successor / name, tmp_path / "certs" / name)
    await_shown(gateway, successor)


def test_one_listener_does_not_wait_for_the_files_of_another(start, echo, tmp_path):
    shutil.copytree(harness.certificates(), tmp_path / "certs")
    shutil.copytree(harness.certificates(), tmp_path / "others")
    successor = issue(tmp_path / "successor", tmp_path / "certs")
    config = harness.settings(echo.port, workers=2)
    config["listeners"].append({"address": "127.0.0.1:0", "tls": {"certificates": [
        {"chain_file": "others/leaf.crt", "key_file": "others/leaf.key"}]}})
    gateway = start(harness.Gateway(tmp_path, config))
    (tmp_path / "others/leaf.crt").write_text("-----BEGIN NOTHING-----\n")
    for name in ("leaf.crt", "leaf.key"):
        put(successor / name, tmp_path / "certs" / name)
    await_shown(gateway, successor)
    assert "others/leaf.crt" in errors(gateway)[0]["error"]
    assert gateway.metric("yett_tls_certificates_last_read_successful") == 0


def test_a_folder_that_a_link_leads_to_can_be_changed(start, echo, tmp_path):
    """As Kubernetes mounts secrets: leaf.crt -> ..data/leaf.crt, ..data -> a folder of the day."""
    certs = tmp_path / "certs"
    shutil.copytree(harness.certificates(), certs / "monday")
    tuesday = issue(certs / "tuesday", certs / "monday")
    (certs / "..data").symlink_to("monday")
    for name in ("ca.crt", "leaf.crt", "leaf.key"):
        (certs / name).symlink_to("..data/" + name)
    gateway = start(harness.Gateway(tmp_path, harness.settings(echo.port, workers=2)))
    assert shown(gateway) == {leaf_in(certs / "monday")}
    (certs / "next").symlink_to("tuesday")
    os.rename(certs / "next", certs / "..data")
    await_shown(gateway, tuesday)


def test_hup_reads_them_without_being_told_of_a_change(gateway, tmp_path):
    assert not gateway.log(message="certificates were read again")
    gateway.popen.send_signal(signal.SIGHUP)
    gateway.wait_for('"certificates were read again"')
    assert gateway.log(level="info", message="the configuration is the one in use")
    assert shown(gateway) == {leaf_in(tmp_path / "certs")}
