"""Signing keys: made, sealed, turned over and taken away while the program runs."""

import base64
import json
import os
import subprocess
import threading
import time

import requests

import harness

OWN = {"issuer": "https://auth.example.com", "audience": ["api"], "algorithm": "ES256", "access_ttl": "10s", "clock_skew": "0s"}


def config(port, **keys):
    chosen = {"directory": "keys", **keys}
    made = harness.settings(port, tokens={**OWN, "keys": chosen}, workers=4)
    del made["tokens"]["secret"]
    made.setdefault("accounts", {}).setdefault("sessions", {})["per_user"] = 100_000      # who waits for a key by signing in loses none
    return made


def kid_of(token):
    head = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


def yett(gateway, *words):
    """`yett keys …` beside the running program."""
    return subprocess.run([harness.BINARY, "keys", words[0], gateway.config_file, *words[1:]], cwd=gateway.folder,
                          capture_output=True, text=True, timeout=60)


def states(gateway):
    """State by kid, oldest key first."""
    lines = yett(gateway, "list").stdout.splitlines()[1:]
    return {line.split()[1]: line.split()[0] for line in lines}


def published(gateway):
    return [key["kid"] for key in requests.get(gateway.http + "/.well-known/jwks.json", timeout=10).json()["keys"]]


def rotate_under_load(gateway, seconds, threads=8):
    """Clients that log in once, refresh often and ask all the time; what was not 200, and the kids seen."""
    wrong, kids, asked, end = [], set(), [0], time.monotonic() + seconds

    def client(number):
        mail = f"user{number}@example.com"
        session = requests.Session()
        gateway.register(mail)
        grant = gateway.login(mail).json()
        fresh_at = 0
        while time.monotonic() < end:
            if time.monotonic() > fresh_at:
                reply = session.post(gateway.http + "/auth/refresh", json={"refresh_token": grant["refresh_token"]}, timeout=10)
                if reply.status_code != 200:
                    wrong.append(("refresh", reply.status_code, reply.text))
                    return
                grant, fresh_at = reply.json(), time.monotonic() + 0.3
                kids.add(kid_of(grant["access_token"]))
            reply = session.get(gateway.http + "/api/x", headers={"Authorization": f"Bearer {grant['access_token']}"}, timeout=10)
            asked[0] += 1
            if reply.status_code != 200:
                wrong.append(("request", reply.status_code, kid_of(grant["access_token"])))

    clients = [threading.Thread(target=client, args=(number,)) for number in range(threads)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    return wrong, kids, asked[0]


def test_keys_that_turn_over_every_two_seconds_refuse_no_good_token(tmp_path, echo):
    seconds = float(os.environ.get("YETT_ROTATION_SECONDS", "8"))
    with harness.Gateway(tmp_path, config(echo.port, rotate_every="2s", publish_before="1s", keep_for="10s")) as gateway:
        wrong, kids, asked = rotate_under_load(gateway, seconds)
        assert not wrong, wrong[:5]
        assert asked > 100 * seconds / 10
        assert len(kids) >= seconds / 2 - 2, "the keys did turn over"
        print(f"{asked} requests, {len(kids)} keys in {seconds} s")


def test_a_retired_key_is_forgotten_and_its_tokens_with_it(tmp_path, echo):
    with harness.Gateway(tmp_path, config(echo.port, rotate_every="2s", publish_before="1s", keep_for="10s")) as gateway:
        first = published(gateway)[0]
        harness.wait_until(lambda: first not in published(gateway), timeout=20, what="the first key to go")
        assert len(list((tmp_path / "keys").glob("*.pem"))) <= 8


def test_rotating_by_hand_publishes_first_and_signs_then(tmp_path, echo):
    with harness.Gateway(tmp_path, config(echo.port)) as gateway:
        before = gateway.user()["access_token"]
        assert yett(gateway, "rotate").returncode == 0
        assert list(states(gateway).values()) == ["signing", "coming"]
        harness.wait_until(lambda: len(published(gateway)) == 2, what="the coming key to be published")
        assert kid_of(gateway.login("ada@example.com").json()["access_token"]) == kid_of(before)

        assert yett(gateway, "rotate", "--now").returncode == 0
        harness.wait_until(lambda: kid_of(gateway.login("ada@example.com").json()["access_token"]) == published(gateway)[-1],
                           what="the new key to sign")
        assert gateway.call("GET", "/api/x", before).status_code == 200, "the old key's tokens are good"
        assert list(states(gateway).values())[-1] == "signing"


def test_a_revoked_key_takes_its_tokens_with_it(tmp_path, echo):
    with harness.Gateway(tmp_path, config(echo.port)) as gateway:
        token = gateway.user()["access_token"]
        assert gateway.call("GET", "/api/x", token).status_code == 200
        assert yett(gateway, "revoke", "no-such-key").returncode == 1
        done = yett(gateway, "revoke", kid_of(token))
        assert done.returncode == 0, done.stderr
        harness.wait_until(lambda: gateway.call("GET", "/api/x", token).status_code == 401, what="the token to die")
        log_in = lambda: gateway.login("ada@example.com").json()["access_token"]
        harness.wait_until(lambda: kid_of(log_in()) != kid_of(token), what="another key to sign")
        fresh = log_in()
        assert gateway.call("GET", "/api/x", fresh).status_code == 200
    with harness.Gateway(tmp_path, gateway.config_file.read_text()) as gateway:
        assert gateway.call("GET", "/api/x", token).status_code == 401, "a restart does not bring it back"
        assert gateway.call("GET", "/api/x", fresh).status_code == 200


def each_accepts_what_the_other_signs(one, two):
    kids, end = set(), time.monotonic() + 7
    while time.monotonic() < end:
        for maker, judge in ((one, two), (two, one)):
            token = maker.login("ada@example.com").json()["access_token"]
            kids.add(kid_of(token))
            assert judge.call("GET", "/api/x", token).status_code == 200
    assert len(kids) >= 3


def test_programs_that_share_a_directory_accept_each_others_tokens_all_the_time(tmp_path, echo):
    keys = {"directory": str(tmp_path / "keys"), "rotate_every": "2s", "publish_before": "1s", "keep_for": "10s"}
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with harness.Gateway(folders[0], config(echo.port, **keys)) as one, harness.Gateway(folders[1], config(echo.port, **keys)) as two:
        one.register("ada@example.com"), two.register("ada@example.com")
        each_accepts_what_the_other_signs(one, two)


def test_programs_that_share_a_database_sign_with_one_key_all_the_time(tmp_path, echo):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    made = config(echo.port, rotate_every="2s", publish_before="1s", keep_for="10s")
    del made["tokens"]["keys"]["directory"]
    made["storage"] = {"url": f"sqlite:{tmp_path}/shared.db"}
    with harness.Gateway(folders[0], made) as one, harness.Gateway(folders[1], made) as two:
        assert one.register("ada@example.com").status_code == 201
        each_accepts_what_the_other_signs(one, two)
        assert not list(tmp_path.rglob("*.pem")), "nothing is kept beside the database"

        doomed = one.login("ada@example.com").json()["access_token"]
        assert yett(two, "revoke", kid_of(doomed)).returncode == 0
        for each in one, two:
            harness.wait_until(lambda: each.call("GET", "/api/x", doomed).status_code == 401, what="the token to die")


def test_a_database_keeps_its_keys_over_a_restart_and_seals_them(tmp_path, echo):
    made = config(echo.port, secret="a key-encryption secret of some length")
    del made["tokens"]["keys"]["directory"]
    with harness.Gateway(tmp_path, made) as gateway:
        token = gateway.user()["access_token"]
        assert list(states(gateway).values()) == ["signing"]
    assert b"PRIVATE KEY" not in b"".join(file.read_bytes() for file in tmp_path.glob("yett.db*"))
    with harness.Gateway(tmp_path, made) as gateway:
        assert gateway.call("GET", "/api/x", token).status_code == 200
    del made["tokens"]["keys"]["secret"]
    (tmp_path / "yett.yaml").write_text(json.dumps(made))
    refused = subprocess.run([harness.BINARY, "run", "yett.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 69
    assert "tokens.keys.secret is not set" in refused.stderr


def test_keys_in_memory_are_out_of_reach_for_the_command_line(tmp_path, echo):
    made = config(echo.port)
    del made["tokens"]["keys"]["directory"]
    made["storage"] = {"url": "memory:"}
    with harness.Gateway(tmp_path, made) as gateway:
        token = gateway.user()["access_token"]
        assert gateway.call("GET", "/api/x", token).status_code == 200
        refused = yett(gateway, "list")
        assert refused.returncode == 1 and "the running program alone" in refused.stderr


def test_sealed_keys_need_their_secret(tmp_path, echo):
    sealed = config(echo.port, secret="a key-encryption secret of some length")
    with harness.Gateway(tmp_path, sealed) as gateway:
        token = gateway.user()["access_token"]
    text = next((tmp_path / "keys").glob("*.pem")).read_text()
    assert "PRIVATE KEY" not in text and "\nsealed: " in text
    with harness.Gateway(tmp_path, sealed) as gateway:
        assert gateway.call("GET", "/api/x", token).status_code == 200
    for wrong, complaint in ({"secret": "another secret of some length"}, "does not open it"), ({}, "tokens.keys.secret is not set"):
        (tmp_path / "yett.yaml").write_text(json.dumps(config(echo.port, **wrong)))
        refused = subprocess.run([harness.BINARY, "run", "yett.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert refused.returncode == 69
        assert complaint in refused.stderr


def test_the_documents_say_how_long_they_may_be_kept(tmp_path, echo):
    with harness.Gateway(tmp_path, config(echo.port)) as gateway:
        for path in "/.well-known/jwks.json", "/.well-known/openid-configuration":
            shown = requests.get(gateway.http + path, timeout=10)
            assert shown.status_code == 200
            assert shown.headers["Cache-Control"] == "public, max-age=300"
            again = requests.get(gateway.http + path, headers={"If-None-Match": shown.headers["ETag"]}, timeout=10)
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["ETag"] == shown.headers["ETag"]
            assert requests.post(gateway.http + path, timeout=10).status_code == 405
        about = shown.json()
        assert about["issuer"] == OWN["issuer"]
        assert about["jwks_uri"] == OWN["issuer"] + "/.well-known/jwks.json"
        assert about["response_types_supported"] == about["grant_types_supported"] == []
        assert not [name for name in about if name.endswith("_endpoint") or "id_token" in name], "only what exists is named"
