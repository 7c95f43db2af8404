"""Applications that are reached with TLS, over a socket in a folder, or with the PROXY protocol, by real servers."""

import datetime
import ipaddress
import os
import pathlib
import shutil
import socket
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import harness

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
NOW = datetime.datetime.utcnow()


class Authority:
    """Signs what tests want to have signed."""

    def __init__(self, folder, name="authority"):
        self.folder, self.name = pathlib.Path(folder), name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.names = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(self.names, self.key, x509.BasicConstraints(True, None), 3600)
        self.file = self._write(f"{name}.crt", self.certificate)

    def _sign(self, subject, key, extension, ends_in):
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.names).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(NOW - datetime.timedelta(hours=2))
                   .not_valid_after(NOW + datetime.timedelta(seconds=ends_in)).add_extension(extension, critical=False))
        return builder.sign(self.key, hashes.SHA256())

    def _write(self, name, *parts):
        pem = b""
        for part in parts:
            if isinstance(part, x509.Certificate):
                pem += part.public_bytes(serialization.Encoding.PEM)
            else:
                pem += part.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file = self.folder / name
        file.write_bytes(pem)
        file.chmod(0o600)
        return file

    def leaf(self, name, ends_in=3600, proved=None):
        """Certificate and key, as files; `proved` instead of the name, which is the common name all the same."""
        try:
            proved = proved or x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            proved = x509.DNSName(name)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
        file = f"{name}-{abs(hash((name, ends_in)))}"
        certificate = self._sign(subject, key, x509.SubjectAlternativeName([proved]), ends_in)
        return self._write(f"{file}.crt", certificate), self._write(f"{file}.key", key)


class Application:
    """Answers each request on each connection by a function of the connection; with TLS where it has a context."""

    def __init__(self, answer=None, context=None, listener=None):
        self.answer = answer or (lambda connection: connection.sendall(OK) or True)
        self.context = context
        self.listener = listener or socket.create_server(("127.0.0.1", 0))
        self.connections, self.heads = 0, []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self):
        return self.listener.getsockname()[1]

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            data = b""
            while part := connection.recv(65536):
                data += part
                while b"\r\n\r\n" in data:
                    head, data = data.split(b"\r\n\r\n", 1)
                    self.heads.append(head)
                    if not self.answer(connection):
                        return
        except OSError:
            pass
        finally:
            connection.close()

    def stop(self):
        self.listener.close()


def context_of(certificate, key, clients=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["http/1.1"])
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    return context


def settings(server, **upstream):
    return harness.settings(0, workers=1, upstreams={"app": {"servers": [server], **upstream}})


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def cause(gateway, path):
    return harness.wait_until(lambda: gateway.log(path=path), what="the line")[0]["cause"]


# --- TLS -----------------------------------------------------------------------------------------


def test_a_server_that_proves_its_name_is_asked_on_one_connection(start, tmp_path, authority):
    app = start(Application(context=context_of(*authority.leaf("app.internal"))))
    gateway = start(harness.Gateway(tmp_path, settings(f"https://127.0.0.1:{app.port}",
                                                       tls={"ca_file": str(authority.file), "server_name": "app.internal"})))
    for _ in range(5):
        assert gateway.call("GET", "/public/x").content == b"ok"
    assert app.connections == 1
    assert gateway.metric("yett_upstream_insecure") is None


def test_an_address_is_proved_as_one(start, tmp_path, authority):
    app = start(Application(context=context_of(*authority.leaf("127.0.0.1"))))
    gateway = start(harness.Gateway(tmp_path, settings(f"https://127.0.0.1:{app.port}", tls={"ca_file": str(authority.file)})))
    assert gateway.call("GET", "/public/x").status_code == 200


REFUSED = {
    # name: (the certificate's name, when it ends, who signs, what the log says)
    "another name": ("other.internal", 3600, "authority", "hostname mismatch"),
    "an address": ("127.0.0.1", 3600, "authority", "hostname mismatch"),
    "out of date": ("app.internal", -60, "authority", "certificate has expired"),
    "an unknown authority": ("app.internal", 3600, "stranger", "unable to get local issuer certificate"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_server_that_proves_nothing_hears_nothing_and_the_log_says_why(start, tmp_path, authority, name):
    proves, ends_in, by, said = REFUSED[name]
    signer = authority if by == "authority" else Authority(tmp_path, by)
    app = start(Application(context=context_of(*signer.leaf(proves, ends_in))))
    gateway = start(harness.Gateway(tmp_path, settings(f"https://127.0.0.1:{app.port}",
                                                       tls={"ca_file": str(authority.file), "server_name": "app.internal"})))
    assert gateway.call("GET", "/public/x").status_code == 502
    assert said in cause(gateway, "/public/x")
    assert f"127.0.0.1:{app.port}" in cause(gateway, "/public/x")
    assert not app.heads


def test_a_common_name_proves_nothing(start, tmp_path, authority):
    app = start(Application(context=context_of(*authority.leaf("app.internal", proved=x509.RFC822Name("app@internal")))))
    gateway = start(harness.Gateway(tmp_path, settings(f"https://127.0.0.1:{app.port}",
                                                       tls={"ca_file": str(authority.file), "server_name": "app.internal"})))
    assert gateway.call("GET", "/public/x").status_code == 502
    assert "hostname mismatch" in cause(gateway, "/public/x") and app.heads == []


def test_a_server_that_never_answers_a_hello_is_given_up_in_time(start, tmp_path, authority):
    silent = start(Application())
    gateway = start(harness.Gateway(tmp_path, settings(f"https://127.0.0.1:{silent.port}", tls={"ca_file": str(authority.file)},
                                                       connect_timeout="500ms")))
    assert gateway.call("GET", "/public/silent").status_code == 504
    assert "no TLS handshake in time" in cause(gateway, "/public/silent")


def test_who_believes_everybody_is_warned_and_counted(start, tmp_path, authority):
    app = start(Application(context=context_of(*authority.leaf("other.internal", -60))))
    gateway = start(harness.Gateway(tmp_path, settings(f"https://127.0.0.1:{app.port}", tls={"insecure_skip_verify": True})))
    assert gateway.call("GET", "/public/x").status_code == 200
    assert "warning: upstreams.app.tls.insecure_skip_verify: believes everybody" in gateway.output
    assert gateway.metric("yett_upstream_insecure", upstream="app") == 1


@pytest.mark.parametrize("says_goodbye", [True, False])
def test_a_reply_that_ends_with_the_connection_is_whole_only_when_tls_says_so(start, tmp_path, authority, says_goodbye):
    def answer(connection):
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nhalf of it")
        if says_goodbye:
            connection.unwrap()
        return False
    app = start(Application(answer, context_of(*authority.leaf("127.0.0.1"))))
    gateway = start(harness.Gateway(tmp_path, settings(f"https://127.0.0.1:{app.port}", tls={"ca_file": str(authority.file)})))
    with gateway.raw() as client:
        data = client.send(b"GET /public/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").read_all()
    assert b"half of it" in data
    assert data.endswith(b"0\r\n\r\n") == says_goodbye
    gateway.await_metric(1, "yett_upstream_requests_total", result="ok" if says_goodbye else "broken")


def test_files_that_change_hold_for_new_connections(start, tmp_path, authority):
    """An authority that is believed no more, and one that is from now on."""
    def answer(connection):
        connection.sendall(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        return False
    app = start(Application(answer, context_of(*authority.leaf("127.0.0.1"))))
    believed = tmp_path / "believed.crt"
    shutil.copy(authority.file, believed)
    gateway = start(harness.Gateway(tmp_path, settings(f"https://127.0.0.1:{app.port}", tls={"ca_file": str(believed)})))

    def status():
        return gateway.call("GET", "/public/x").status_code

    assert status() == 200
    for trusted, wanted in ((Authority(tmp_path, "stranger"), 502), (authority, 200)):
        shutil.copy(trusted.file, tmp_path / "next.crt")
        os.rename(tmp_path / "next.crt", believed)
        harness.wait_until(lambda: status() == wanted, what=f"{wanted} after the change")
    believed.write_text("nothing of use")
    gateway.wait_for("certificates could not be read again; those before stay in use")
    assert status() == 200


def nginx(start, folder, listen, location, more=""):
    """A real server on `listen`."""
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n"
        + "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        + f"server {{\nlisten {listen};\n{more}\nlocation / {{\n{location}\n}}\n}}\n}}\n")
    return start(harness.Process([NGINX, "-e", "stderr", "-c", folder / "nginx.conf"]))


def await_port(port):
    def answers():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    harness.wait_until(answers, what="the server")


def test_nginx_is_shown_a_certificate_and_resumes_sessions(start, tmp_path, authority):
    """Every request on a connection of its own, so that there is something to resume."""
    (certificate, key), (ours, our_key), port = authority.leaf("app.internal"), authority.leaf("gateway.internal"), harness.free_port()
    tls = (f"ssl_certificate {certificate};\nssl_certificate_key {key};\nssl_client_certificate {authority.file};\n"
           "ssl_protocols TLSv1.3;\nssl_verify_client on;\nssl_session_cache shared:a:1m;\nkeepalive_requests 1;")
    says = "return 200 \"$ssl_session_reused $ssl_server_name $ssl_client_s_dn $ssl_protocol\";"
    nginx(start, tmp_path, f"127.0.0.1:{port} ssl", says, tls)
    await_port(port)
    shown = {"certificate_file": str(ours), "key_file": str(our_key)}
    trusted = {"ca_file": str(authority.file), "server_name": "app.internal"}
    gateway = start(harness.Gateway(tmp_path, settings(f"https://127.0.0.1:{port}", tls={**trusted, **shown})))
    said = [gateway.call("GET", "/public/x").text for _ in range(4)]
    assert said[0] == ". app.internal CN=gateway.internal TLSv1.3"
    assert said[1:] == ["r app.internal CN=gateway.internal TLSv1.3"] * 3
    expires = gateway.metric("yett_tls_certificate_expiry_timestamp_seconds", file=str(ours))
    assert expires and expires > 0
    (tmp_path / "nobody").mkdir()
    nobody = start(harness.Gateway(tmp_path / "nobody", settings(f"https://127.0.0.1:{port}", tls=trusted)))
    assert nobody.call("GET", "/public/x").status_code in (400, 502), "nginx wants a certificate"


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_nginx_hears_of_the_client_by_the_proxy_protocol(start, tmp_path, authority, version, secure):
    (certificate, key), port = authority.leaf("127.0.0.1"), harness.free_port()
    tls = f"ssl_certificate {certificate};\nssl_certificate_key {key};" if secure else ""
    says = "return 200 \"$proxy_protocol_addr $proxy_protocol_port $connection\";"
    nginx(start, tmp_path, f"127.0.0.1:{port}{' ssl' if secure else ''} proxy_protocol", says, tls)
    await_port(port)
    url = f"{'https' if secure else 'http'}://127.0.0.1:{port}"
    upstream = {"proxy_protocol": version, **({"tls": {"ca_file": str(authority.file)}} if secure else {})}
    gateway = start(harness.Gateway(tmp_path, settings(url, **upstream)))
    connections = set()
    for source in ("127.0.0.2", "127.0.0.3"):
        with socket.create_connection(("127.0.0.1", gateway.plain_port), source_address=(source, 0), timeout=10) as client:
            for _ in range(2):
                client.sendall(b"GET /public/x HTTP/1.1\r\nHost: a\r\n\r\n")
                address, source_port, connection = client.recv(65536).split(b"\r\n\r\n")[1].decode().split()
                assert (address, int(source_port)) == client.getsockname()
                connections.add((source, connection))
    assert len(connections) == 2, "one for each client's connection"
    (tmp_path / "behind").mkdir()
    behind = start(harness.Gateway(tmp_path / "behind", {**settings(url, **upstream), "trusted_proxies": ["127.0.0.0/8"]}))
    for client in ("192.0.2.1", "192.0.2.2"):
        assert behind.call("GET", "/public/x", headers={"X-Forwarded-For": client}).text.split()[0] == client


# --- sockets in a folder --------------------------------------------------------------------------


def listening_at(path, mode=0o777):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    os.chmod(path, mode)
    listener.listen(64)
    return listener


@pytest.mark.parametrize("host, told", [(None, b"app.test"), ({"send": "server"}, b"localhost"), ({"as": "app.internal"}, b"app.internal")])
def test_a_socket_in_a_folder_is_an_application_like_others(start, tmp_path, host, told):
    app = start(Application(listener=listening_at(tmp_path / "app.sock")))
    gateway = start(harness.Gateway(tmp_path, settings(f"unix:{tmp_path}/app.sock", **({"host": host} if host else {}))))
    for _ in range(3):
        assert gateway.call("GET", "/public/x", headers={"Host": "app.test"}).content == b"ok"
    assert app.connections == 1
    assert harness.header_values(app.heads[-1] + b"\r\n", "Host") == [told]
    line = harness.wait_until(lambda: gateway.log(path="/public/x"), what="the line")[0]
    assert f"unix:{tmp_path}/app.sock" in str(line)


def test_a_socket_that_is_not_there_or_not_for_us_says_so(start, tmp_path):
    gateway = start(harness.Gateway(tmp_path, settings(f"unix:{tmp_path}/app.sock")))
    assert gateway.call("GET", "/public/none").status_code == 502
    assert "app.sock cannot be reached (No such file or directory)" in cause(gateway, "/public/none")
    listener = listening_at(tmp_path / "app.sock")
    listener.close()
    assert gateway.call("GET", "/public/dead").status_code == 502
    assert "Connection refused" in cause(gateway, "/public/dead")
    os.unlink(tmp_path / "app.sock")
    start(Application(listener=listening_at(tmp_path / "app.sock")))
    assert gateway.call("GET", "/public/x").content == b"ok"
