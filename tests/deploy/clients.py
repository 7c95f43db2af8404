"""Who uses the fleet of deploy/compose."""

import email
import email.policy
import re

import requests

import harness


class Node:
    """A gateway from outside."""

    def __init__(self, fleet, name):
        self.url = f"https://localhost:{fleet.port(name, 4443)}"
        self.management = f"http://127.0.0.1:{fleet.port(name, 4090)}"
        self.authority = str(fleet.volume("yett-secrets") / "ca.pem")

    def call(self, method, path, token=None, **more):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.request(method, self.url + path, headers=headers, verify=self.authority, allow_redirects=False, timeout=20, **more)

    def status(self, token):
        return self.call("GET", "/hello", token).status_code

    def metrics(self):
        return requests.get(self.management + "/metrics", timeout=10).text


def link_in(letter):
    text = email.message_from_bytes(letter, policy=email.policy.default).get_body(("plain",)).get_content()
    return re.search(r"https://localhost:4443/auth/verify/(\S+)", text)[1]


def sign_in(fleet, node, address):
    """By all steps that a user takes."""
    letters = len(fleet.mail.mails)
    assert node.call("POST", "/auth/register", json={"email": address, "password": harness.PASSWORD}).status_code in (201, 202)
    fleet.mail.wait_for(letters + 1)
    assert node.call("POST", "/auth/verify", json={"token": link_in(fleet.mail.mails[letters])}).status_code == 200
    reply = node.call("POST", "/auth/login", json={"email": address, "password": harness.PASSWORD})
    assert reply.status_code == 200, reply.text
    return reply.json()
