"""Certificates that change while the program runs, as certbot and Kubernetes change them."""

import datetime
import os
import re
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


# --- OCSP stapling --------------------------------------------------------------------

def ocsp_response(folder, until, good=True, of=None):
    """What the authority of a folder says of its leaf (or of another folder's)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509 import ocsp

    def certificate(path):
        return x509.load_pem_x509_certificate(path.read_bytes())
    issuer, leaf = certificate(folder / "ca.crt"), certificate((of or folder) / "leaf.crt")
    key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    now = datetime.datetime.utcnow()
    status = ocsp.OCSPCertStatus.GOOD if good else ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=leaf, issuer=issuer, algorithm=hashes.SHA1(), cert_status=status, this_update=now - datetime.timedelta(minutes=1),
        next_update=now + datetime.timedelta(seconds=until), revocation_time=None if good else now, revocation_reason=None)
    return builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer).sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@pytest.fixture
def stapling(start, echo, tmp_path):
    shutil.copytree(harness.certificates(), tmp_path / "certs")

    def begin(der):
        (tmp_path / "certs/leaf.der").write_bytes(der)
        config = harness.settings(echo.port, workers=2)
        config["listeners"][0]["tls"]["certificates"][0]["ocsp_file"] = "certs/leaf.der"
        return start(harness.Gateway(tmp_path, config))
    return begin


def stapled(gateway, version="-tls1_3"):
    """What a client that asks is told."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.tls_port}", "-servername", "localhost", "-status", version,
                           "-CAfile", gateway.ca], input="", capture_output=True, text=True, timeout=10)
    if "OCSP response: no response sent" in done.stdout:
        return None
    return re.search(r"Cert Status: (\w+)", done.stdout).group(1)


def unstapled(gateway):
    return [each["why"] for each in gateway.log(level="warning", message="an OCSP response is not stapled")]


def test_a_response_is_stapled_and_read_again(stapling, tmp_path):
    gateway = stapling(ocsp_response(tmp_path / "certs", 3600))
    assert {stapled(gateway, version) for version in ("-tls1_2", "-tls1_3")} == {"good"}
    assert gateway.metric("yett_tls_ocsp_stapled", file=str(tmp_path / "certs/leaf.der")) == 1
    first = gateway.metric("yett_tls_ocsp_response_expiry_timestamp_seconds")
    (tmp_path / "next.der").write_bytes(ocsp_response(tmp_path / "certs", 7200))
    put(tmp_path / "next.der", tmp_path / "certs/leaf.der")
    harness.wait_until(lambda: gateway.metric("yett_tls_ocsp_response_expiry_timestamp_seconds") > first, what="the next one")
    assert stapled(gateway) == "good" and not unstapled(gateway)


def test_a_response_that_expires_is_stapled_no_longer(stapling, tmp_path):
    gateway = stapling(ocsp_response(tmp_path / "certs", 4))
    assert stapled(gateway) == "good"
    harness.wait_until(lambda: stapled(gateway) is None, what="its end")
    harness.wait_until(lambda: unstapled(gateway) == ["has expired"], what="a word about it")
    assert gateway.metric("yett_tls_ocsp_stapled") == 0


@pytest.mark.parametrize("what", ["expired", "revoked", "of another", "garbage"])
def test_a_response_that_does_not_fit_is_not_stapled(stapling, tmp_path, what):
    certs = tmp_path / "certs"
    made = {"expired": lambda: ocsp_response(certs, -1), "revoked": lambda: ocsp_response(certs, 60, good=False),
            "of another": lambda: ocsp_response(certs, 60, of=issue(tmp_path / "other", certs)), "garbage": lambda: b"nothing"}
    why = {"expired": "has expired", "revoked": "does not say that the certificate is good", "of another": "is about another certificate",
           "garbage": "is no OCSP response in DER"}
    gateway = stapling(made[what]())
    harness.wait_until(lambda: unstapled(gateway) == [why[what]], what="a word about it")
    assert stapled(gateway) is None
    assert gateway.metric("yett_tls_ocsp_stapled") == 0 and gateway.metric("yett_tls_ocsp_response_expiry_timestamp_seconds") is None
    assert gateway.call("GET", "/public/x").status_code == 200              # and nobody is kept out for it
