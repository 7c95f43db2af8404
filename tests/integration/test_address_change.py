"""Another address for an account, the way back, and the end of an account."""

import re
import subprocess

import pytest
import requests

import harness

OLD, NEW = "ada@example.com", "ada@elsewhere.example"


@pytest.fixture
def gateway(start, echo, tmp_path):
    config = harness.settings(echo.port)
    config["accounts"] = {**config["accounts"], "require_verified_email": False, "self_delete": True}
    config["mail"] = {"public_url": "https://app.example.com"}
    return start(harness.Gateway(tmp_path, config))


def letter(gateway, to):
    """The newest letter to that address."""
    def look():
        found = [m for m in gateway.mails() if m["To"] and to in m["To"]]
        return found[-1] if found else None
    return harness.wait_until(look, what=f"a letter to {to}")


def token_to(gateway, to, path):
    def look():
        tokens = [re.search(path + r"(yl1_[\w-]{47})", m.get_body(("plain",)).get_content()) for m in gateway.mails() if to in m["To"]]
        tokens = [t for t in tokens if t]
        return tokens[-1].group(1) if tokens else None
    return harness.wait_until(look, what=f"a link to {to}")


def ask(gateway, token, new_email=NEW, password=harness.PASSWORD):
    return gateway.call("POST", "/auth/email", token, json={"new_email": new_email, "password": password})


def test_an_address_is_changed_and_taken_back(gateway):
    first = gateway.user(OLD)
    reply = ask(gateway, first["access_token"])
    assert (reply.status_code, reply.json()) == (202, {})
    assert gateway.call("GET", "/auth/me", first["access_token"]).json()["email"] == OLD
    token = token_to(gateway, NEW, "/auth/email/confirm/")
    assert gateway.call("GET", f"/auth/email/confirm/{token}").status_code == 204
    done = gateway.call("POST", "/auth/email/confirm", json={"token": token})
    assert done.status_code == 200 and done.json()["email"] == NEW

    assert gateway.call("GET", "/auth/me", first["access_token"]).status_code == 401       # it names the old one
    renewed = gateway.call("POST", "/auth/refresh", json={"refresh_token": first["refresh_token"]}).json()
    assert gateway.call("GET", "/auth/me", renewed["access_token"]).json()["email"] == NEW
    assert gateway.login(OLD).status_code == 401 and gateway.login(NEW).status_code == 200

    undo = token_to(gateway, OLD, "/auth/email/undo/")
    back = gateway.call("POST", "/auth/email/undo", json={"token": undo})
    assert back.status_code == 200 and back.json()["email"] == OLD
    assert gateway.call("GET", "/auth/me", renewed["access_token"]).status_code == 401
    assert gateway.call("POST", "/auth/refresh", json={"refresh_token": renewed["refresh_token"]}).status_code == 401
    assert token_to(gateway, OLD, "/auth/reset/")
    for name in ("address_change_requested", "address_changed", "address_change_undone"):
        assert gateway.log(event=name)


def test_a_taken_address_answers_like_a_free_one_and_gets_no_letter(gateway):
    assert gateway.register("otto@example.com").status_code == 201
    token = gateway.user(OLD)["access_token"]
    free, taken = ask(gateway, token), ask(gateway, token, "otto@example.com")
    told = [(r.status_code, r.content, sorted(n for n in r.headers if n not in ("Date", "X-Request-Id"))) for r in (free, taken)]
    assert told[0] == told[1]
    assert letter(gateway, NEW)
    assert not [m for m in gateway.mails() if "otto@example.com" in m["To"] and "/email/" in m.get_body(("plain",)).get_content()]


def test_it_takes_the_password_and_an_address(gateway):
    token = gateway.user(OLD)["access_token"]
    assert ask(gateway, token, password="wrong").status_code == 401
    odd = ask(gateway, token, "no address")
    assert odd.status_code in (400, 422) and odd.json()["errors"][0]["field"] == "new_email"
    assert gateway.call("POST", "/auth/email", json={"new_email": NEW, "password": harness.PASSWORD}).status_code == 401


def test_the_end_of_an_account(gateway):
    grant = gateway.user(OLD)
    token = grant["access_token"]
    key = gateway.call("POST", "/auth/api-keys", token, json={"name": "k"}).json()["key"]
    assert gateway.call("GET", "/hello", headers={"X-Api-Key": key}).status_code == 200
    assert gateway.call("DELETE", "/auth/me", token, json={"password": "wrong"}).status_code == 401
    assert gateway.call("DELETE", "/auth/me", token).status_code == 204        # the login was a moment ago
    assert gateway.call("GET", "/auth/me", token).status_code == 401
    assert gateway.call("GET", "/hello", headers={"X-Api-Key": key}).status_code == 401
    assert gateway.login(OLD).status_code == 401
    assert gateway.log(event="user_deleted", user_id=grant["user"]["id"])
    assert gateway.register(OLD).status_code == 201


def test_nobody_removes_an_account_where_the_rules_say_no(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, harness.settings(echo.port)))
    token = gateway.user(OLD)["access_token"]
    assert gateway.call("DELETE", "/auth/me", token, json={"password": harness.PASSWORD}).status_code == 403
    assert gateway.call("GET", "/auth/me", token).status_code == 200


def test_an_operator_sets_an_address(gateway):
    grant = gateway.user(OLD)

    def yett(*arguments):
        return subprocess.run([harness.BINARY, "users", *arguments, "--config", "yett.yaml"], cwd=gateway.folder, text=True, capture_output=True, timeout=60)
    assert gateway.register("otto@example.com").status_code == 201
    assert yett("set-email", OLD, "otto@example.com").returncode != 0
    assert yett("set-email", OLD, "no address").returncode != 0
    done = yett("set-email", OLD, NEW)
    assert done.returncode == 0 and NEW in done.stdout
    assert gateway.call("GET", "/auth/me", grant["access_token"]).status_code == 401
    assert gateway.call("POST", "/auth/refresh", json={"refresh_token": grant["refresh_token"]}).status_code == 200
    assert yett("delete", NEW).returncode == 0
    assert gateway.login(NEW).status_code == 401


def test_pages_for_both(start, echo, tmp_path):
    config = harness.settings(echo.port)
    config["tokens"] = {**config["tokens"], "refresh_transport": "cookie", "access_transport": "cookie"}
    config["accounts"] = {**config["accounts"], "self_delete": True}
    config["mail"] = {"public_url": "https://app.example.com"}
    gateway = start(harness.Gateway(tmp_path, config))
    assert gateway.register(OLD).status_code == 201
    browser = requests.Session()
    browser.headers.update({"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"})

    def page(path):
        reply = browser.get(gateway.https + path, verify=gateway.ca, timeout=20)
        assert reply.status_code == 200, reply.text
        return reply.text

    def send(on, path, **fields):
        form = re.search(r'name="form" value="([^"]+)"', page(on)).group(1)
        return browser.post(gateway.https + path, data={"form": form, **fields}, allow_redirects=False, verify=gateway.ca, timeout=20)
    assert send("/auth/login", "/auth/login", email=OLD, password=harness.PASSWORD, next="").status_code == 303
    account = page("/auth/account")
    assert 'name="new_email"' in account and 'action="/auth/account/delete"' in account
    wrong = send("/auth/account", "/auth/email", new_email=NEW, password="wrong")
    assert wrong.status_code == 401 and 'href="#email_password"' in wrong.text
    odd = send("/auth/account", "/auth/email", new_email="no address", password=harness.PASSWORD)
    assert odd.status_code in (400, 422) and 'id="new-email-error"' in odd.text
    assert send("/auth/account", "/auth/email", new_email=NEW, password=harness.PASSWORD).headers["Location"].endswith("/account?notice=address")
    confirm = "/auth/email/confirm/" + token_to(gateway, NEW, "/auth/email/confirm/")
    moved = send(confirm, "/auth/email/confirm", token=confirm.rsplit("/", 1)[1])
    assert moved.status_code == 303
    assert NEW in page("/auth/account")
    undo = "/auth/email/undo/" + token_to(gateway, OLD, "/auth/email/undo/")
    assert send(undo, "/auth/email/undo", token=undo.rsplit("/", 1)[1]).status_code == 303
    assert gateway.login(NEW).status_code == 401
    assert send("/auth/login", "/auth/login", email=OLD, password=harness.PASSWORD, next="").status_code == 303
    assert send("/auth/account", "/auth/account/delete", password="wrong").status_code == 401
    assert send("/auth/account", "/auth/account/delete", password=harness.PASSWORD).headers["Location"].endswith("notice=deleted")
    assert gateway.login(OLD).status_code == 401
