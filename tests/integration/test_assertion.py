"""The assertion: signed for one application, and checked there by the code that the documentation gives."""

import base64
import http.server
import json
import re
import subprocess
import threading
import time

import jwt
import pytest

import harness

ISSUER = "https://auth.example.com"


def documented(language):
    """The first block of that language in docs/assertion.md."""
    text = (harness.ROOT / "docs/assertion.md").read_text()
    return re.search(rf"```{language}\n(.*?)```", text, re.S).group(1)


def python_checker(audience, jwks_url, algorithm):
    code = {}
    exec(documented("python"), code)
    return code["Assertions"](ISSUER, audience, jwks_url, algorithm).check


def node_checks(folder, audience, jwks_url, algorithm, texts):
    """For each text its claims, or None where it was refused."""
    (folder / "assertions.mjs").write_text(documented("javascript"))
    (folder / "run.mjs").write_text("""
        import { assertions } from "./assertions.mjs";
        const { rules, texts } = JSON.parse(process.argv[2]);
        const check = assertions(rules);
        const told = [];
        for (const text of texts) told.push(await check(text).catch(() => null));
        console.log(JSON.stringify(told));""")
    asked = {"rules": {"issuer": ISSUER, "audience": audience, "jwksUrl": jwks_url, "algorithm": algorithm}, "texts": texts}
    done = subprocess.run(["node", folder / "run.mjs", json.dumps(asked)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Application:
    """An application that believes nothing but assertions."""

    def __init__(self):
        self.check = None
        self.seen = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.seen.append(self.headers.get_all("X-Yett-Assertion") or [])
                try:
                    status, body = 200, outer.check(self.headers.get("X-Yett-Assertion"))
                except jwt.PyJWTError as why:
                    status, body = 401, {"why": str(why)}
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def config(application, algorithm="ES256", **assertion):
    made = harness.settings(
        application.port, workers=1, identity_headers={"assertion": assertion},
        tokens={"issuer": ISSUER, "audience": ["api"], "algorithm": algorithm},
        routes=[
            {"name": "open", "match": {"path": "/public/**"}, "access": "public", "upstream": "app"},
            {"name": "optional", "match": {"path": "/optional/**"}, "access": "optional", "upstream": "app"},
            {"name": "named", "match": {"host": "localhost", "path": "/**"}, "access": "authenticated", "upstream": "app"},
            {"name": "any", "match": {"path": "/**"}, "access": "authenticated", "upstream": "app"}])
    del made["tokens"]["secret"]
    return made


@pytest.fixture
def application(start):
    return start(Application())


def tampered(text):
    head, payload, signature = text.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims["roles"] = ["admin"]
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return ".".join((head, forged, signature))


def test_configured_names_must_fit(application, tmp_path):
    made = config(application, header="X-Yett-User")
    (tmp_path / "yett.yaml").write_text(harness.yaml.safe_dump(made))
    harness.shutil.copytree(harness.certificates(), tmp_path / "certs")
    ended = subprocess.run([harness.BINARY, "run", "yett.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0 and "carries a part of the identity already" in ended.stdout + ended.stderr


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_the_documented_checks_accept_what_is_ours_and_nothing_else(application, start, tmp_path, algorithm):
    gateway = start(harness.Gateway(tmp_path, config(application, algorithm, ttl="5s")))
    keys = gateway.http + "/.well-known/jwks.json"
    audience = f"127.0.0.1:{application.port}"
    application.check = python_checker(audience, keys, algorithm)
    ada = gateway.user()
    token = ada["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}

    reply = harness.requests.get(gateway.http + "/who", headers=bearer, timeout=10)
    assert reply.status_code == 200, reply.text
    claims = reply.json()
    assert claims["sub"] == ada["user"]["id"] and claims["email"] == "ada@example.com" and claims["roles"] == ada["user"]["roles"]
    assert claims["iss"] == claims["idp"] == ISSUER and claims["aud"] == audience
    assert claims["exp"] - claims["iat"] == 5 and claims["sid"] and "jti" not in claims
    assert abs(time.time() - claims["iat"]) < 5
    [good] = application.seen[-1]
    assert jwt.get_unverified_header(good)["alg"] == algorithm

    # The route that names its host has an audience of its own, whatever the client calls the host.
    assert gateway.call("GET", "/who", token).status_code == 401
    [elsewhere] = application.seen[-1]
    assert jwt.decode(elsewhere, options={"verify_signature": False})["aud"] == "localhost"
    harness.requests.get(gateway.http + "/who", headers={**bearer, "Host": "other.example.com"}, timeout=10)
    assert jwt.decode(application.seen[-1][0], options={"verify_signature": False})["aud"] == audience

    bad = [tampered(good), elsewhere, token, good[:-8], good + "x", "", None, ".".join(good.split(".")[:2]) + "."]
    for text in bad:
        headers = {} if text is None else {"X-Yett-Assertion": text}
        reply = harness.requests.get(f"http://127.0.0.1:{application.port}/", headers=headers, timeout=10)
        assert reply.status_code == 401, (text, reply.text)
    assert node_checks(tmp_path, audience, keys, algorithm, [good, *bad, good]) == [claims, *[None] * len(bad), claims]
    # For its own application the other one is good, there.
    assert node_checks(tmp_path, "localhost", keys, algorithm, [good, elsewhere])[0] is None
    assert node_checks(tmp_path, "localhost", keys, algorithm, [good, elsewhere])[1]["sub"] == ada["user"]["id"]

    # It is no credential here.
    for text in (good, elsewhere):
        assert gateway.call("GET", "/who", text).status_code == 401
        assert gateway.call("GET", "/auth/me", text).status_code == 401

    time.sleep(max(0, claims["exp"] + 5.5 - time.time()))
    direct = harness.requests.get(f"http://127.0.0.1:{application.port}/", headers={"X-Yett-Assertion": good}, timeout=10)
    assert direct.status_code == 401 and "expired" in direct.text
    assert node_checks(tmp_path, audience, keys, algorithm, [good]) == [None]
    assert harness.requests.get(gateway.http + "/who", headers=bearer, timeout=10).status_code == 200


def test_one_signature_serves_many_requests_until_the_session_ends(application, start, tmp_path):
    application.check = lambda text: {}
    gateway = start(harness.Gateway(tmp_path, config(application, ttl="1h")))
    ada, bob = gateway.user(), gateway.user("bob@example.com")
    for _ in range(20):
        gateway.call("GET", "/x", ada["access_token"])
    for _ in range(20):
        gateway.call("GET", "/x", bob["access_token"])
    assert all(len(each) == 1 for each in application.seen)
    texts = [each[0] for each in application.seen]
    assert len(set(texts[:20])) == 1 and len(set(texts[20:])) == 1 and texts[0] != texts[20]

    # A refreshed session says the same of itself.
    fresh = gateway.call("POST", "/auth/refresh", json={"refresh_token": ada["refresh_token"]}).json()
    gateway.call("GET", "/x", fresh["access_token"])
    assert application.seen[-1] == [texts[0]]

    assert gateway.call("POST", "/auth/logout", fresh["access_token"]).status_code == 204
    before = len(application.seen)
    for token in (ada["access_token"], fresh["access_token"]):
        assert gateway.call("GET", "/x", token).status_code == 401
    assert len(application.seen) == before
    assert gateway.call("GET", "/x", bob["access_token"]).status_code == 200


@pytest.mark.parametrize("header", ["X-Yett-Assertion", "X-Proof"])
def test_nobody_else_can_send_one(start, tmp_path, header):
    upstream = start(harness.ScriptedUpstream())
    gateway = start(harness.Gateway(tmp_path, config(upstream, header=header)))
    token = gateway.user()["access_token"]
    forged = {spelling: "forged" for spelling in (header, header.upper(), header.replace("-", "_"), header.replace("-", "."),
                                                  header.lower().replace("-", "_", 1), "X-Yett-Assertion")}
    for path, bearer, expected in (("/public/x", None, 0), ("/public/x", token, 0), ("/optional/x", None, 0),
                                   ("/optional/x", token, 1), ("/x", token, 1)):
        assert gateway.call("GET", path, bearer, headers=forged).status_code == 200
        assert b"forged" not in upstream.heads[-1]
        sent = harness.header_values(upstream.heads[-1], header)
        assert len(sent) == expected and all(value.count(b".") == 2 for value in sent), path
