"""A node whose clock is moved believes it, measures spans as before, and issues tokens by the clock of the database."""

import base64
import email.utils
import json
import os
import time

import pytest

from fleet import Fleet
from node import FAKETIME
from wire import Wire

USER = {"email": "ada@example.com", "password": "correct horse battery staple"}
HOUR = 3600

pytestmark = pytest.mark.skipif(os.environ.get("YETT_FLEET_CLOCKS", "1") != "1" or not FAKETIME, reason="no clock can be moved here")


def hours_from_now(moment):
    return round((moment - time.time()) / HOUR)


def hour_of(wire):
    """When the node thinks that it is: what it writes into Date."""
    wire.connect(5)
    wire.connection.request("GET", "/")
    reply = wire.connection.getresponse()
    reply.read()
    return hours_from_now(email.utils.parsedate_to_datetime(reply.headers["Date"]).timestamp())


def hour_of_tokens(wire):
    token = wire.ask("POST", "/auth/login", USER).body["access_token"].split(".")[1]
    return hours_from_now(json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))["iat"])


def wait_for_hour(wire, hour):
    end = time.monotonic() + 10
    while hour_of(wire) != hour:
        assert time.monotonic() < end, "the clock was not moved"


def test_clocks_move_alone_and_while_the_program_runs(tmp_path):
    with Fleet(tmp_path) as fleet:
        one, two = Wire(fleet.nodes["one"]), Wire(fleet.nodes["two"])
        assert one.ask("POST", "/auth/register", USER).status == 201
        for hour in (1, -1, 0):
            fleet.nodes["one"].set_clock(hour)
            wait_for_hour(one, hour)
            assert hour_of(two) == 0
            assert hour_of_tokens(one) == hour_of_tokens(two) == 0
            answer = one.ask("POST", "/auth/login", USER)       # no deadline came early, none will come late
            assert answer.status == 200 and answer.end - answer.start < 5
