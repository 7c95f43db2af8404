"""Secrets that anybody could recognise go in, and everything that comes out is searched for them."""

import base64
import json
import pathlib
import re
import socket
import subprocess
import urllib.parse

import pytest
import requests
import yaml

import harness

SECRET = "canary-of-the-signing-secret-0123456789"
PASSWORDS = {"right": "canary parrot finch right", "wrong": "canary parrot finch wrong", "new": "canary parrot finch changed",
             "weak": "canarycanary", "long": "canary-long-" + "x" * 2000, "typed as the address": "canary-typed-as-address"}
QUERY = "canary-in-the-query"
COOKIE = "canary-in-a-cookie"
BASIC = "canary-in-basic"
BEARER = "canary-in-bearer"
FORM = "canary-in-a-broken-form"


@pytest.fixture
def gateway(start, echo, tmp_path):
    with socket.socket() as nobody:                              # a port where no application listens
        nobody.bind(("127.0.0.1", 0))
        (tmp_path / "jwt.secret").write_text(SECRET)
        (tmp_path / "jwt.secret").chmod(0o600)
        config = harness.settings(echo.port, logging={"level": "debug", "access": "access.log", "audit": "audit.log", "format": "json"},
                                  tokens={"refresh_grace": "0s"})
        del config["tokens"]["secret"]
        config["tokens"]["secret_file"] = "jwt.secret"
        config["upstreams"]["away"] = {"servers": ["http://127.0.0.1:%d" % nobody.getsockname()[1]]}
        config["routes"].insert(0, {"name": "away", "match": {"path": "/away/**"}, "access": "authenticated", "upstream": "away"})
        yield start(harness.Gateway(tmp_path, config))


class Journey:
    """Calls and keeps what was answered, but for the replies that hand out tokens."""

    def __init__(self, gateway):
        self.gateway, self.answers, self.statuses = gateway, [], []

    def __call__(self, method, path, token=None, grants=False, **more):
        reply = self.gateway.call(method, path, token, **more)
        self.statuses.append(reply.status_code)
        if not grants:
            self.answers.append(f"{reply.headers}\n{reply.text}")
        return reply


def post(body):
    return {"data": body, "headers": {"Content-Type": "application/json"}}


def travel(go):
    """Every way that a secret takes, well and badly spelled. Returns the tokens given out."""
    account = {"email": "ada@example.com", "password": PASSWORDS["right"]}
    assert go("POST", "/auth/register", json=account).status_code == 201
    go("POST", "/auth/register", json=account)
    go("POST", "/auth/register", json={"email": "bob@example.com", "password": PASSWORDS["weak"]})
    go("POST", "/auth/register", json={"email": "bob@example.com", "password": PASSWORDS["long"]})
    go("POST", "/auth/register", json={"email": PASSWORDS["typed as the address"], "password": PASSWORDS["right"]})
    go("POST", "/auth/login", json={**account, "password": PASSWORDS["wrong"]})
    go("POST", "/auth/login", json={**account, "email": "nobody@example.com"})
    go("POST", "/auth/login", json={**account, "password": [PASSWORDS["right"]]})
    go("POST", "/auth/login", **post('{"password":"%s"' % PASSWORDS["right"]))
    go("POST", "/auth/login", **post('{"password":"%s","password":"%s"}' % (PASSWORDS["right"], PASSWORDS["wrong"])))
    go("POST", "/auth/login", data=f"password={FORM}&email=%zz", headers={"Content-Type": "application/x-www-form-urlencoded"})
    go("POST", "/auth/login", data=PASSWORDS["right"], headers={"Content-Type": "text/plain"})
    go("POST", f"/auth/login?password={QUERY}", json=account, grants=True)

    reply = go("POST", "/auth/login", json=account, grants=True)
    assert reply.status_code == 200
    first = reply.json()
    tokens = [first["access_token"], first["refresh_token"]]
    # A session of its own: a page that is asked for with the cookie spends it.
    by_cookie = go("POST", "/auth/login", json=account, grants=True).headers["Set-Cookie"]
    cookie = next(each for each in by_cookie.split(", ") if "_refresh=" in each).split(";")[0]
    go("GET", f"/away/x?token={QUERY}", tokens[0])
    go("GET", f"/hello?access_token={QUERY}&token={tokens[0]}")
    go("GET", "/hello", headers={"Cookie": f"session={COOKIE}; {cookie}"}, grants=True)    # the application's own cookie comes back
    go("GET", "/hello", headers={"Authorization": "Basic " + base64.b64encode(f"ada:{BASIC}".encode()).decode()})
    go("GET", "/hello", BEARER)
    go("GET", "/hello", tokens[0][:-2] + "xx")
    go("GET", "/hello", tokens[1])
    go("GET", "/hello", f"{tokens[0]} {BEARER}")
    go("GET", f"/a;b?token={QUERY}", tokens[0])
    go("GET", "/auth/me", tokens[0])
    go("GET", "/auth/sessions", tokens[0])
    made = go("POST", "/auth/api-keys", tokens[0], grants=True, json={"name": "canary"}).json()
    for headers in ({"X-Api-Key": made["key"]}, {"X-Api-Key": made["key"] + "x"}, {"X-Api-Key": f"x, {made['key']}"},
                    {"Authorization": f"ApiKey {made['key']}"}, {"X-Api-Key": made["key"], "Authorization": f"Bearer {tokens[0]}"}):
        go("GET", "/hello", headers=headers)
        go("GET", "/away/x", headers=headers)
    go("GET", f"/hello?api_key={made['key']}")
    go("POST", "/auth/api-keys", tokens[0], json={"name": made["key"] * 2})
    go("GET", "/auth/api-keys", tokens[0])
    assert go("DELETE", f"/auth/api-keys/{made['id']}", tokens[0]).status_code == 204
    go("GET", "/hello", made["key"])
    go("POST", "/auth/refresh", json={"refresh_token": tokens[0]})
    go("POST", "/auth/refresh", headers={"Cookie": cookie})
    go("POST", "/auth/refresh", headers={"Cookie": f"{cookie}; {cookie}", "Origin": go.gateway.https})

    reply = go("POST", "/auth/refresh", json={"refresh_token": tokens[1]}, grants=True)
    assert reply.status_code == 200
    tokens += [reply.json()["access_token"], reply.json()["refresh_token"]]
    change = {"current_password": PASSWORDS["wrong"], "new_password": PASSWORDS["new"]}
    go("POST", "/auth/password", tokens[2], json=change)
    go("POST", "/auth/password", tokens[2], json={**change, "current_password": PASSWORDS["right"], "new_password": PASSWORDS["weak"]})
    assert go("POST", "/auth/password", tokens[2], json={**change, "current_password": PASSWORDS["right"]}).status_code == 204
    reply = go("POST", "/auth/login", json={**account, "password": PASSWORDS["new"]}, grants=True)
    tokens += [reply.json()["access_token"], reply.json()["refresh_token"]]
    assert go("POST", "/auth/refresh", json={"refresh_token": tokens[1]}).status_code == 401          # used before
    assert go("POST", "/auth/logout", tokens[4]).status_code == 204
    go("POST", "/auth/logout", tokens[4])
    with go.gateway.raw() as client:
        client.send(f"GET /hello?token={QUERY} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {BEARER}\r\nCookie : x={COOKIE}\r\n\r\n".encode())
        go.answers.append(client.read_all().decode("latin-1"))
    return [*tokens, made["key"], cookie.split("=")[1]]


def spellings(text):
    """A secret, and what it would look like after careless handling."""
    raw = text.encode()
    plain = {text, urllib.parse.quote(text), urllib.parse.quote_plus(text), raw.hex(), base64.b64encode(raw).decode().rstrip("="),
             base64.urlsafe_b64encode(raw).decode().rstrip("=")}
    return plain


def parts_of(token):
    """A token leaks by its secret part: the signature of a JWT, the random part of the others."""
    return [token, token.split(".")[-1]] if "." in token else [token, token[8:40]]


def search(outputs, secrets):
    found = []
    for name, text in outputs.items():
        for what, secret in secrets.items():
            found += [(name, what) for spelling in spellings(secret) if spelling in text]
    return found


def test_nothing_secret_comes_out(gateway):
    go = Journey(gateway)
    tokens = travel(go)
    assert {200, 201, 204, 400, 401, 403, 409, 415, 502} <= set(go.statuses), sorted(set(go.statuses))
    metrics = gateway.metrics()
    pages = "".join(requests.get(gateway.management + page, timeout=10).text for page in ("/livez", "/readyz?verbose", "/top", "/nothing?token=" + QUERY))
    cmdline = pathlib.Path(f"/proc/{gateway.pid}/cmdline").read_text()
    assert re.search(r"Max core file size\s+0\s+0\s", pathlib.Path(f"/proc/{gateway.pid}/limits").read_text())
    assert gateway.stop() == 0

    outputs = {"output": gateway.output, "metrics": metrics, "management": pages, "command line": cmdline, "answers": "\n".join(go.answers)}
    outputs |= {f.name: f.read_text() for f in gateway.folder.glob("*.log")}
    assert {"access.log", "audit.log"} <= set(outputs)
    assert outputs["access.log"].count("\n") >= len(go.statuses) and "login_failed" in outputs["audit.log"]

    secrets = {"the signing secret": SECRET, **PASSWORDS, "query": QUERY, "cookie": COOKIE, "basic": BASIC, "bearer": BEARER, "form": FORM}
    secrets |= {f"token {i}, part {k}": part for i, token in enumerate(tokens) for k, part in enumerate(parts_of(token))}
    assert search(outputs, secrets) == [], [a for a in go.answers if QUERY in a]
    assert search({"itself": " ".join(urllib.parse.quote(s) for s in secrets.values())}, secrets)     # the search does find


def test_complaints_about_secrets_do_not_show_them(tmp_path):
    for tokens in ({"secret": "canary-short"}, {"secret": "canary" * 20, "algorithm": "ES256"}, {"secret": ["canary-list"]}, {"secret": {"canary-map": 1}},
                   {"secret": "${CANARY_UNSET}canary-text"}, {"secret": "c" * 40}):
        config = harness.settings(9, tokens=tokens, listeners=[{"address": "127.0.0.1:0"}])
        (tmp_path / "yett.yaml").write_text(yaml.safe_dump(config))
        done = subprocess.run([harness.BINARY, "check", tmp_path / "yett.yaml"], capture_output=True, text=True, timeout=30)
        assert done.returncode == 78, (tokens, done)
        assert "canary" not in done.stdout + done.stderr and "cccc" not in done.stderr, done.stderr


def test_what_the_application_gets_holds_no_credential_of_ours(gateway):
    gateway.register("ada@example.com", PASSWORDS["right"])
    reply = gateway.login("ada@example.com", PASSWORDS["right"])
    cookie = next(each for each in reply.headers["Set-Cookie"].split(", ") if "_refresh=" in each).split(";")[0]
    seen = gateway.call("GET", "/hello", reply.json()["access_token"], headers={"Cookie": f"theirs={COOKIE}; {cookie}"}).json()
    text = json.dumps(seen)
    assert COOKIE in text                                        # the application's own cookie is none of our business
    for part in [*parts_of(reply.json()["access_token"]), *parts_of(reply.json()["refresh_token"]), SECRET]:
        assert part not in text
