"""A revoked token dies at once: nothing that is asked after the answer is let in, on any connection."""

import asyncio
import base64
import json
import re
import time

import pytest

import harness

WORKERS = 2
# Connections fall on workers by chance; so many give each at least 64, but for one time in ten thousand.
CONNECTIONS = 90 * WORKERS


class Client:
    """One kept-alive connection."""

    def __init__(self, port):
        self.port = port

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    def send(self, method, path, token, body=None):
        data = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
        if token:
            head += f"Authorization: Bearer {token}\r\n"
        if data:
            head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        elif method != "GET":
            head += "Content-Length: 0\r\n"
        self.writer.write(head.encode() + b"\r\n" + data)

    async def status(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await self.reader.readexactly(int(line[15:]))
        return status

    async def ask(self, *what):
        self.send(*what)
        return await self.status()

    def close(self):
        self.writer.close()


class Round:
    """All connections use one token while it is revoked."""

    def __init__(self):
        self.answered = None      # when the revocation was answered
        self.before, self.dead, self.let_in = 0, 0, []

    async def hammer(self, client, token):
        after = 0
        while after < 2:
            sent, revoked = time.monotonic(), self.answered is not None
            status = await client.ask("GET", "/api/x", token)
            if revoked:
                after += 1
                self.dead += status == 401
                if status != 401:
                    self.let_in.append((status, sent - self.answered))
            else:
                self.before += status == 200
                assert status in (200, 401), status

    async def run(self, clients, token, revoke):
        hammering = [asyncio.create_task(self.hammer(each, token)) for each in clients]
        while self.before < 2 * len(clients):
            await asyncio.sleep(0.001)
        assert await revoke() in (200, 204)
        self.answered = time.monotonic()
        await asyncio.gather(*hammering)


def over_http(request):
    """A revocation by a request of `request(user)`, on a connection of its own."""
    async def prepare(gateway, user):
        client = await Client(gateway.plain_port).open()
        method, path, token, body = request(user)
        return lambda: client.ask(method, path, token, body)
    return prepare


def post(path, body=None):
    return over_http(lambda user: ("POST", path, user["access_token"], body))


def by_operator(verb, order):
    """What `yett users …` and `yett sessions …` send to the running program."""
    async def prepare(gateway, user):
        client = Client(None)
        client.reader, client.writer = await asyncio.open_unix_connection(str(gateway.folder / "yett.sock"))
        return lambda: client.ask("POST", "/v1/" + verb, None, order(user))
    return prepare


async def by_reset(gateway, user):
    mail = {"email": user["email"]}
    assert gateway.call("POST", "/auth/reset-request", json=mail).status_code == 202
    text = harness.wait_until(lambda: mail_with_token(gateway, user["email"]), what="the letter with the link")
    client = await Client(gateway.plain_port).open()
    return lambda: client.ask("POST", "/auth/reset-confirm", None, {"token": text, "password": user["next_password"]})


def mail_with_token(gateway, address):
    for message in gateway.mails():
        found = re.search(r"/auth/reset/(yl1_[A-Za-z0-9_-]{47})", message.get_body(("plain",)).get_content())
        if found and address in str(message["to"]):
            return found.group(1)
    return None


CAUSES = {
    "logout": (12, post("/auth/logout")),
    "logout everywhere": (6, post("/auth/logout", {"everywhere": True})),
    "another device ends the session": (6, over_http(
        lambda user: ("DELETE", "/auth/sessions/" + user["sid"], user["other"], None))),
    "another device changes the password": (4, over_http(lambda user: (
        "POST", "/auth/password", user["other"], {"current_password": harness.PASSWORD, "new_password": user["next_password"]}))),
    "a reset by mail": (4, by_reset),
    "an operator replaces the roles": (4, by_operator("users/set-roles", lambda user: {"user": user["email"], "roles": ["admin"]})),
    "an operator disables the user": (4, by_operator("users/disable", lambda user: {"user": user["email"]})),
    "an operator sets the password": (4, by_operator(
        "users/set-password", lambda user: {"user": user["email"], "password": user["next_password"]})),
    "an operator removes the user": (4, by_operator("users/delete", lambda user: {"user": user["email"]})),
    "an operator ends the session": (4, by_operator("sessions/end", lambda user: {"session": user["sid"]})),
    "an operator ends all sessions": (4, by_operator("sessions/end", lambda user: {"user": user["email"]})),
}


def sid_of(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["sid"]


def signed_in(gateway, email):
    assert gateway.register(email).status_code == 201
    user = gateway.login(email).json()
    user["email"], user["sid"] = email, sid_of(user["access_token"])
    user["other"] = gateway.login(email).json()["access_token"]
    user["next_password"] = "another horse battery staple"
    return user


@pytest.mark.parametrize("cause", CAUSES)
def test_not_one_request_is_let_in_after_the_answer(tmp_path, echo, cause):
    rounds, prepare = CAUSES[cause]
    mail = {"url": "file:var/outbox", "public_url": "https://app.example.com"}
    with harness.Gateway(tmp_path, harness.settings(echo.port, workers=WORKERS, mail=mail)) as gateway:

        async def play():
            clients = [await Client(gateway.plain_port).open() for _ in range(CONNECTIONS)]
            for number in range(rounds):
                user = signed_in(gateway, f"user{number}@example.com")
                revoke = await prepare(gateway, user)
                current = Round()
                await current.run(clients, user["access_token"], revoke)
                assert not current.let_in, current.let_in
                assert current.dead == 2 * CONNECTIONS
            for each in clients:
                each.close()

        asyncio.run(play())


def test_a_revocation_survives_a_crash(tmp_path, echo):
    config = harness.settings(echo.port)
    with harness.Gateway(tmp_path, config) as gateway:
        user = gateway.user()
        assert gateway.call("GET", "/api/x", user["access_token"]).status_code == 200
        assert gateway.call("POST", "/auth/logout", user["access_token"]).status_code == 204
        gateway.kill()
    with harness.Gateway(tmp_path, config) as gateway:
        for _ in range(20):
            assert gateway.call("GET", "/api/x", user["access_token"]).status_code == 401
