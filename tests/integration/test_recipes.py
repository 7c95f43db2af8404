"""The lines of docs/recipes, as they stand there, in the real programs."""

import asyncio
import copy
import json
import os
import re
import shutil
import socket
import ssl
import subprocess

import pytest
import websockets
import yaml

import harness
from test_websocket import Chat

RECIPES = harness.ROOT / "docs/recipes"
NAME = "app.example.com"
CLIENT = "127.0.0.9"            # not the address that the proxies have
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
APACHE = shutil.which("apache2") or "/usr/sbin/apache2"


def blocks(chapter, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (RECIPES / chapter).read_text(), re.M | re.S)


def edited(text, **places):
    """The lines with other places in them; each place has to be there."""
    for was, is_ in places.items():
        assert was in text, was
        text = text.replace(was, str(is_))
    return text


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def certificate(folder):
    """One for the name, from a CA of nobody."""
    key, chain = folder / "app.key", folder / "app.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", key, "-out", chain],
                   check=True, capture_output=True)
    (folder / "app.pem").write_text(chain.read_text() + key.read_text())


# --- the proxies --------------------------------------------------------------------

def nginx(folder, port, gateway):
    [lines] = blocks("proxies.md", "nginx")
    lines = edited(lines, **{"listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;", "127.0.0.1:4080": f"127.0.0.1:{gateway.plain_port}",
                             "/etc/ssl/app.example.com": folder / "app"})
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;\n" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
                                       f"http {{\naccess_log off;\n{temporary}{lines}}}\n")
    return harness.Process([NGINX, "-e", "stderr", "-c", folder / "nginx.conf"])


def haproxy(folder, port, gateway):
    [lines] = blocks("proxies.md", "haproxy")
    lines = edited(lines, **{"bind :443": f"bind 127.0.0.1:{port}", "/etc/haproxy/app.example.com.pem": folder / "app.pem",
                             "127.0.0.1:4080": f"127.0.0.1:{gateway.plain_port}", "port 4090": f"port {gateway.management_port}"})
    (folder / "haproxy.cfg").write_text(lines)
    return harness.Process(["haproxy", "-db", "-f", folder / "haproxy.cfg"])


def caddy(folder, port, gateway):
    [lines] = blocks("proxies.md", "caddy")
    lines = edited(lines, **{f"{NAME} {{": f"https://{NAME}:{port} {{\n    bind 127.0.0.1\n    tls {folder}/app.crt {folder}/app.key",
                             "127.0.0.1:4080": f"127.0.0.1:{gateway.plain_port}"})
    (folder / "Caddyfile").write_text("{\n    admin off\n    auto_https off\n}\n" + lines)
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config")}
    return harness.Process(["caddy", "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"], env=home)


APACHE_MODULES = ["mpm_event", "authz_core", "ssl", "socache_shmcb", "headers", "proxy", "proxy_http", "proxy_wstunnel"]


def apache(folder, port, gateway):
    [lines] = blocks("proxies.md", "apache")
    lines = edited(lines, **{"*:443": f"127.0.0.1:{port}", "127.0.0.1:4080": f"127.0.0.1:{gateway.plain_port}",
                             "/etc/ssl/app.example.com": folder / "app"})
    modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in APACHE_MODULES)
    (folder / "apache.conf").write_text(
        f"ServerRoot {folder}\nServerName localhost\nDefaultRuntimeDir {folder}\nPidFile {folder}/apache.pid\nErrorLog {folder}/apache.log\n"
        f"Listen 127.0.0.1:{port}\nUser www-data\nGroup www-data\n{modules}{lines}")
    return harness.Process([APACHE, "-DFOREGROUND", "-f", folder / "apache.conf"])


@pytest.fixture(params=[nginx, haproxy, caddy, apache], ids=lambda each: each.__name__)
def site(request, echo, tmp_path, start):
    """Yett as the chapter configures it, the proxy in front, the sample application behind, and a user."""
    [text] = blocks("proxies.md", "yaml")
    config = yaml.safe_load(edited(text, **{"127.0.0.1:4080": "127.0.0.1:0", "127.0.0.1:4090": "127.0.0.1:0",
                                            "http://127.0.0.1:9000": f"http://127.0.0.1:{echo.port}"}))
    chat = start(Chat())
    config["upstreams"]["chat"] = {"servers": [f"http://127.0.0.1:{chat.port}"]}
    talk = {**copy.deepcopy(config["routes"][0]), "name": "chat", "match": {"path": "/chat/**"}, "upstream": "chat"}
    config["routes"].insert(0, talk)
    config["logging"] = {"access": "stdout", "audit": "stdout", "format": "json"}
    gateway = start(harness.Gateway(tmp_path, config))
    done = subprocess.run([harness.BINARY, "users", "add", "ada@example.com"], cwd=tmp_path, input=harness.PASSWORD,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "proxy"
    folder.mkdir()
    certificate(folder)
    port = free_port()
    proxy = start(request.param(folder, port, gateway))
    place = Site(gateway, folder, port)

    def answers():
        assert proxy.popen.poll() is None, proxy.output
        return place.curl("/auth/me", check=False)[0] == 401
    harness.wait_until(answers, 20, f"{request.param.__name__} in front of yett")
    return place


class Site:
    """A client of the site: by name, through the proxy, from an address of its own."""

    def __init__(self, gateway, folder, port):
        self.gateway, self.folder, self.port = gateway, folder, port
        self.origin = f"https://{NAME}:{port}"
        self.jar = folder / "cookies"

    def curl(self, path, *more, check=True):
        """(status, body)"""
        body = self.folder / "body"
        command = ["curl", "-sS", "--interface", CLIENT, "--resolve", f"{NAME}:{self.port}:127.0.0.1", "--cacert", self.folder / "app.crt",
                   "-b", self.jar, "-c", self.jar, "-o", body, "-w", "%{http_code}", "--max-time", "30", *more, self.origin + path]
        done = subprocess.run([str(each) for each in command], capture_output=True, text=True)
        assert done.returncode == 0 or not check, done.stderr
        return int(done.stdout or 0), body.read_bytes() if body.exists() else b""

    def log_in(self, *more):
        who = json.dumps({"email": "ada@example.com", "password": harness.PASSWORD})
        status, body = self.curl("/auth/login", "-H", "Content-Type: application/json", "-H", f"Origin: {self.origin}", "-d", who, *more)
        assert status == 200, body
        return json.loads(body)["access_token"]


def test_the_client_and_the_scheme_arrive_and_those_a_client_makes_up_do_not(site):
    site.log_in("-H", "X-Forwarded-For: 6.6.6.6", "-H", "X-Forwarded-Proto: http", "-H", "Forwarded: for=6.6.6.6;proto=http")
    line = harness.wait_until(lambda: site.gateway.log(path="/auth/login", status=200), what="the access log")[0]
    assert line["client_ip"] == CLIENT
    assert re.search(r"__Host-yett_\w+", site.jar.read_text())       # Secure cookies, so it was https
    status, body = site.curl("/some/thing?q=1", "-H", "X-Forwarded-For: 6.6.6.6, 7.7.7.7", "-H", "X-Forwarded-Proto: http")
    assert status == 200, body
    seen = {name.lower(): value for name, value in json.loads(body)["headers"].items()}
    assert seen["x-forwarded-proto"] == "https" and seen["host"] == f"{NAME}:{site.port}"
    assert seen["x-real-ip"] == CLIENT, seen


def test_a_form_of_the_site_is_accepted_and_one_of_another_site_is_not(site):
    site.log_in()
    assert site.curl("/thing", "-X", "POST", "-d", "a=1", "-H", f"Origin: {site.origin}")[0] == 200
    status, body = site.curl("/thing", "-X", "POST", "-d", "a=1", "-H", "Origin: https://evil.example")
    assert status == 403 and json.loads(body)["code"] == "csrf_rejected"


def test_paths_arrive_as_they_were_sent(site):
    site.log_in()
    for path in ("/a%20b/c", "/caf%C3%A9", "/x?y=%2F%26&z=a+b", "/a,b/c@d"):
        status, body = site.curl(path)
        assert status == 200 and json.loads(body)["path"] == path, (path, body)


def test_large_bodies_pass_both_ways_whole(site):
    site.log_in()
    upload = site.folder / "upload"
    for size, path in ((50_000, "/echo"), (20 << 20, "/thing")):
        upload.write_bytes(os.urandom(size))
        for how in ([], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"]):
            status, body = site.curl(path, "-X", "POST", "-T", upload, "-H", f"Origin: {site.origin}", *how)
            assert status == 200, body
            assert body == upload.read_bytes() if path == "/echo" else json.loads(body)["body_bytes"] == size
    status, body = site.curl(f"/bytes/{20 << 20}")
    assert status == 200 and len(body) == 20 << 20


def test_a_websocket_of_the_site_talks_and_one_of_another_site_does_not(site):
    site.log_in()
    cookies = "; ".join("=".join(line.split("\t")[5:7]) for line in site.jar.read_text().splitlines()
                        if line.startswith("#HttpOnly_") or (line and not line.startswith("#")))
    trust = ssl.create_default_context(cafile=str(site.folder / "app.crt"))

    async def talk(origin):
        async with websockets.connect(f"wss://{NAME}:{site.port}/chat/room", host="127.0.0.1", port=site.port, ssl=trust,
                                      server_hostname=NAME, local_addr=(CLIENT, 0), origin=origin,
                                      extra_headers={"Cookie": cookies}, open_timeout=20) as peer:
            await peer.send("hello")
            return await peer.recv()

    assert asyncio.run(talk(site.origin)) == "hello"
    with pytest.raises(websockets.InvalidStatusCode) as refused:
        asyncio.run(talk("https://evil.example"))
    assert refused.value.status_code == 403


# --- the applications ---------------------------------------------------------------

APPLICATIONS = re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```yaml\n(.*?)^```", (RECIPES / "applications.md").read_text(), re.M | re.S)


def test_every_application_of_the_chapter_has_its_block():
    names = [name for name, _ in APPLICATIONS]
    assert names == re.findall(r"^## (.+)$", (RECIPES / "applications.md").read_text(), re.M)
    assert len(names) == 18


def test_a_configuration_of_all_of_them_together_is_sound(tmp_path):
    [text] = blocks("applications.md", "yaml base")
    config = yaml.safe_load(text)
    config["upstreams"], config["routes"] = {}, []
    for _, block in APPLICATIONS:
        one = yaml.safe_load(block)
        config["upstreams"] |= one["upstreams"]
        config["routes"] += one["routes"]
    checked(tmp_path, yaml.safe_dump(config, sort_keys=False))


@pytest.mark.parametrize("block", [block for _, block in APPLICATIONS], ids=[name for name, _ in APPLICATIONS])
def test_the_configuration_for_an_application_is_sound(tmp_path, block):
    [base] = blocks("applications.md", "yaml base")
    checked(tmp_path, base + block)


def test_the_configuration_behind_a_proxy_is_sound(tmp_path):
    [text] = blocks("proxies.md", "yaml")
    checked(tmp_path, text)


def checked(folder, text):
    certs = harness.certificates()
    shutil.copy(certs / "leaf.crt", folder / "fullchain.pem")
    shutil.copy(certs / "leaf.key", folder / "key.pem")
    (folder / "yett.yaml").write_text(text)
    done = subprocess.run([harness.BINARY, "check"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
