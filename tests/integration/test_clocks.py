"""Nodes whose clocks disagree with the database's: it decides, and they say so."""

import glob

import requests

import harness

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), "")


def configuration(echo, postgres, database, **more):
    made = harness.settings(echo.port, storage={"url": postgres.url(database)}, tokens={"algorithm": "ES256", "secret": None, "refresh_ttl": "30m"}, **more)
    made["tokens"] = {k: v for k, v in made["tokens"].items() if v is not None}
    return made


class Clock:
    """A clock in a file, by which a program goes that was told its name. Those that measure spans are left alone."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.move(0)

    def move(self, seconds):
        self.file.write_text(f"{seconds:+d}\n")

    def environment(self):
        return {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_NO_CACHE": "1", "NO_FAKE_STAT": "1"}


def node(start, echo, postgres, database, folder, off=None, **more):
    folder.mkdir()
    clock = Clock(folder)
    if off is not None:
        clock.move(off)
    made = configuration(echo, postgres, database, **more)
    return start(harness.Gateway(folder, made, env=clock.environment())), clock


def refresh(gateway, token):
    return requests.post(gateway.http + "/auth/refresh", json={"refresh_token": token}, timeout=20)


def remark(gateway):
    told = requests.get(gateway.management + "/readyz?verbose", timeout=20)
    assert told.status_code == 200, told.text
    return next(line for line in told.text.splitlines() if "clock" in line)


def test_what_is_written_has_the_time_of_the_database(postgres, echo, start, tmp_path):
    for off in (-3600, 3600):
        database = postgres.make_database()
        gateway, _ = node(start, echo, postgres, database, tmp_path / f"by{off}", off)
        gateway.user()
        for column in ("created_at", "last_seen", "rotated_at"):
            off_by = float(postgres.ask(database, f"SELECT abs(extract(epoch FROM now() - {column})) FROM sessions"))
            assert off_by < 60, column


def test_a_session_lasts_as_long_on_a_node_whose_clock_is_off(postgres, echo, start, tmp_path):
    database = postgres.make_database()
    right, _ = node(start, echo, postgres, database, tmp_path / "right")
    wrong, clock = node(start, echo, postgres, database, tmp_path / "wrong")
    token = right.user()["refresh_token"]
    for off in (0, 3600, -3600):      # beyond the end of every session, and before its beginning
        clock.move(off)
        renewed = refresh(wrong, token)
        assert renewed.status_code == 200, (off, renewed.text)
        token = renewed.json()["refresh_token"]
        # And what it was given there is good with the node whose clock is right.
        assert right.call("GET", "/hello", renewed.json()["access_token"]).status_code == 200
        left = float(postgres.ask(database, "SELECT extract(epoch FROM idle_until - now()) FROM sessions"))
        assert left > 1700
    # The end of a session, in the database's time, is the end there, too.
    postgres.ask(database, "UPDATE sessions SET idle_until = now()")
    clock.move(-3600)
    assert refresh(wrong, token).status_code == 401


def test_a_node_says_so_and_takes_it_back(postgres, echo, start, tmp_path):
    database = postgres.make_database()
    gateway, clock = node(start, echo, postgres, database, tmp_path / "one")
    assert "behind" not in remark(gateway) and "ahead" not in remark(gateway)
    clock.move(3600)
    harness.wait_until(lambda: "s ahead of the database's, more than tokens.clock_skew (30 s)" in remark(gateway), 10, "the remark")
    assert requests.get(gateway.management + "/readyz", timeout=20).status_code == 200      # it serves on
    clock.move(-3600)
    harness.wait_until(lambda: "s behind the database's" in remark(gateway), 10, "the remark")
    clock.move(0)
    harness.wait_until(lambda: "behind" not in remark(gateway), 10, "no remark")


def test_a_store_without_a_clock_of_its_own_never_disagrees(echo, start, tmp_path):
    clock = Clock(tmp_path)
    gateway = start(harness.Gateway(tmp_path, harness.settings(echo.port), env=clock.environment()))
    clock.move(3600)
    assert gateway.user()["access_token"]
    assert "ahead" not in remark(gateway)
