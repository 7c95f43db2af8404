"""Mails leave through a real SMTP server, whatever happens to it and to the gateway."""

import email
import email.policy
import pathlib
import signal
import socket
import sqlite3
import ssl
import subprocess
import time
import uuid

import pytest

from harness import BINARY, Gateway, settings, wait_until
from smtp_sink import URL_USER, Sink, make_certificates

KINDS = ["verify_address", "address_taken", "reset_password", "password_changed", "password_was_reset", "new_device",
         "refresh_reused", "invitation"]
TOKEN = "yl1_integration-Token_0123456789"


@pytest.fixture(scope="session")
def mail_certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("mail-certificates"))


def tls_of(made):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made[1], made[2])
    return context


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def start(folder, port=None, **mail):
    """A gateway whose mails go to a port of this machine, or where `mail` says."""
    if port:
        mail.setdefault("url", f"smtp://127.0.0.1:{port}")
    mail = {"from": "Example & Söhne <no-reply@example.com>", "public_url": "https://example.com", **mail}
    return Gateway(folder, settings(9, mail=mail))


def post(folder, count=1, kind="verify_address", to="anna{}@example.com", languages="", hours=1, agent=""):
    """Puts letters into the outbox as the gateway's own endpoints do; their ids."""
    now = int(time.time() * 1000)
    ids = [str(uuid.uuid4()) for _ in range(count)]
    with sqlite3.connect(pathlib.Path(folder) / "yett.db", timeout=20) as db:
        db.executemany(
            "INSERT INTO letters (id, kind, recipient, languages, token, address, agent, posted_at, until, blank, attempts, due)"
            " VALUES (?, ?, ?, ?, ?, '192.0.2.1', ?, ?, ?, 0, 0, ?)",
            [(name, KINDS.index(kind), to.format(i), languages, TOKEN, agent, now, now + hours * 3600_000, now)
             for i, name in enumerate(ids)])
    db.close()
    return ids


def waiting(folder):
    """The ids of the letters in the outbox."""
    with sqlite3.connect(pathlib.Path(folder) / "yett.db", timeout=20) as db:
        ids = [row[0] for row in db.execute("SELECT id FROM letters")]
    db.close()
    return ids


def message_ids(ids):
    return sorted(f"<{each}@example.com>" for each in ids)


def expect_each_once(sink, ids, timeout=30):
    sink.wait_for(len(ids), timeout)
    time.sleep(1.5)     # long enough for the next look into the outbox
    assert sorted(sink.ids()) == message_ids(ids)


def text_of(mail):
    return [mail.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html")]


def test_a_mail_goes_by_starttls_and_login_and_reads_well(tmp_path, mail_certificates):
    sink = Sink(tls=tls_of(mail_certificates), auth=True)
    gateway = start(tmp_path, url=f"smtp://{URL_USER}@mail.localhost:{sink.port}", ca_file=str(mail_certificates[0]))
    try:
        ids = post(tmp_path, languages="de-AT,de;q=0.9", to="anna@example.com")
        expect_each_once(sink, ids)
        assert sink.encrypted == [True]
        assert sink.senders == ["no-reply@example.com"] and sink.recipients == [["anna@example.com"]]
        mail = sink.parsed()[0]
        assert not mail.defects
        assert mail["To"] == "anna@example.com"
        assert mail["From"].addresses[0].display_name == "Example & Söhne"
        assert mail["Subject"] == "Bitte bestätigen Sie Ihre Adresse bei Example & Söhne"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Content-Language"] == "de"
        assert mail.get_content_type() == "multipart/alternative"
        assert abs(mail["Date"].datetime.timestamp() - time.time()) < 60
        text, html = text_of(mail)
        link = f"https://example.com/auth/verify/{TOKEN}"
        assert f"\n{link}\n" in text and f'href="{link}"' in html
        assert "Example &amp; Söhne" in html
        wait_until(lambda: gateway.metric("yett_mail_sent_total", kind="verify_address") == 1)
        assert gateway.metric("yett_mail_attempts_failed_total") == 0
        assert TOKEN.encode() not in b"".join(f.read_bytes() for f in tmp_path.glob("yett.db")), "the token outlived its mail"
        assert TOKEN not in gateway.output and "p@ss" not in gateway.output
    finally:
        gateway.stop()
        sink.stop()


@pytest.mark.parametrize("case", ["wrong name", "unknown authority", "no starttls", "wrong password"])
def test_a_server_that_is_not_proved_gets_neither_password_nor_mail(tmp_path, mail_certificates, case):
    ca = mail_certificates[0]
    host, user, tls = "mail.localhost", URL_USER, tls_of(mail_certificates)
    if case == "wrong name":
        host = "other.localhost"
    if case == "unknown authority":
        ca = make_certificates(tmp_path / "others")[0]
    if case == "no starttls":
        tls = None
    if case == "wrong password":
        user = "yett%40mail:guess"
    sink = Sink(tls=tls, auth=True)
    gateway = start(tmp_path, url=f"smtp://{user}@{host}:{sink.port}", ca_file=str(ca))
    try:
        post(tmp_path)
        reason = "login_refused" if case == "wrong password" else "insecure"
        wait_until(lambda: gateway.metric("yett_mail_attempts_failed_total", reason=reason), 15, reason)
        assert sink.mails == []
        assert bool(sink.logins) == (case == "wrong password")
        wait_until(lambda: gateway.metric("yett_mail_queue_depth", kind="verify_address") == 1)
        assert wait_until(lambda: gateway.log(message="a mail did not leave"))[0]["reason"] == reason
        assert "guess" not in gateway.output and "p@ss" not in gateway.output
    finally:
        gateway.stop()
        sink.stop()


def test_a_sink_that_is_down_at_the_start_gets_every_mail_later(tmp_path):
    port = free_port()
    gateway = start(tmp_path, port)
    sink = None
    try:
        post(tmp_path, 10)
        wait_until(lambda: (gateway.metric("yett_mail_attempts_failed_total", reason="unreachable") or 0) >= 3, 15)
        wait_until(lambda: gateway.metric("yett_mail_queue_depth", kind="verify_address") == 10, 10)
        assert gateway.metric("yett_mail_oldest_age_seconds") > 0
        began = time.monotonic()
        assert gateway.register("busy@example.com").status_code == 201
        assert time.monotonic() - began < 2
        ids = waiting(tmp_path)
        assert len(ids) == 11, "the mail of a registration is in the outbox before its answer is out"
        sink = Sink(port=port)
        expect_each_once(sink, ids, 60)
        assert ["busy@example.com"] in sink.recipients
        wait_until(lambda: gateway.metric("yett_mail_queue_depth") == 0)
        assert len(gateway.log(message="a mail did not leave")) == 1, "one line for one trouble, however many mails wait"
        assert wait_until(lambda: gateway.log(message="mails leave again"))
    finally:
        gateway.stop()
        if sink:
            sink.stop()


def test_a_slow_sink_holds_up_no_request(tmp_path):
    sink = Sink()
    sink.plan = ["slow"] * 2
    gateway = start(tmp_path, sink.port)
    try:
        ids = post(tmp_path, 2)
        wait_until(lambda: sink.dialogues)
        longest = 0
        while len(sink.mails) < 1:
            began = time.monotonic()
            assert gateway.call("GET", "/auth/me").status_code == 401
            longest = max(longest, time.monotonic() - began)
        assert longest < 1
        expect_each_once(sink, ids)
        assert sink.dialogues == 2
    finally:
        gateway.stop()
        sink.stop()


@pytest.mark.parametrize("trouble", ["later", "never", "never_data", "die_before", "die_at_quit"])
def test_a_sink_that_refuses_or_dies_gets_every_mail_once(tmp_path, trouble):
    sink = Sink()
    sink.plan = [trouble, "taken", trouble]
    gateway = start(tmp_path, sink.port)
    try:
        ids = post(tmp_path, 3)
        expect_each_once(sink, ids, 60)
        failed = gateway.metric("yett_mail_attempts_failed_total")
        assert failed == (0 if trouble == "die_at_quit" else 2)
        assert sink.dialogues == 3 + failed
        assert gateway.metric("yett_mail_sent_total") == 3 and gateway.metric("yett_mail_failed_total") == 0
    finally:
        gateway.stop()
        sink.stop()


def test_a_yes_that_was_lost_repeats_the_same_mail_under_the_same_name(tmp_path):
    sink = Sink()
    sink.plan = ["die_after"]
    gateway = start(tmp_path, sink.port)
    try:
        ids = post(tmp_path)
        sink.wait_for(2)
        time.sleep(1.5)
        assert sink.ids() == message_ids(ids) * 2
        assert sink.mails[0] == sink.mails[1]
    finally:
        gateway.stop()
        sink.stop()


def test_letters_survive_a_killed_gateway(tmp_path):
    port = free_port()
    gateway = start(tmp_path, port)
    ids = post(tmp_path, 10)
    wait_until(lambda: gateway.metric("yett_mail_attempts_failed_total", reason="unreachable"), 15)
    gateway.kill()
    sink = Sink(port=port)
    gateway = start(tmp_path, port)
    try:
        # The one that was being tried when the gateway was killed waits for the end of its lease.
        expect_each_once(sink, ids, 100)
    finally:
        gateway.stop()
        sink.stop()


def test_a_gateway_killed_in_the_middle_of_a_dialogue_sends_that_mail_when_its_lease_is_over(tmp_path):
    sink = Sink()
    sink.plan = ["hang"]
    gateway = start(tmp_path, sink.port)
    ids = post(tmp_path, 3)
    wait_until(lambda: sink.dialogues)
    gateway.kill()
    sink.released.set()
    gateway = start(tmp_path, sink.port)
    try:
        expect_each_once(sink, ids, 100)
    finally:
        gateway.stop()
        sink.stop()


def test_a_gateway_that_is_told_to_stop_sends_what_is_due(tmp_path):
    sink = Sink(slow=1.0)
    sink.plan = ["slow"] * 3
    gateway = start(tmp_path, sink.port)
    ids = post(tmp_path, 3)
    wait_until(lambda: sink.dialogues)
    assert gateway.stop() == 0
    assert sorted(sink.ids()) == message_ids(ids)
    sink.stop()


def test_a_second_signal_breaks_off_a_dialogue_that_hangs(tmp_path):
    sink = Sink()
    sink.plan = ["hang"]
    gateway = start(tmp_path, sink.port)
    post(tmp_path)
    wait_until(lambda: sink.dialogues)
    gateway.popen.send_signal(signal.SIGTERM)
    gateway.wait_for('"draining"')
    gateway.popen.send_signal(signal.SIGTERM)
    assert gateway.popen.wait(10) == 0
    assert sink.mails == []
    sink.stop()


@pytest.mark.parametrize("utf8", [True, False])
def test_a_local_part_beyond_ascii_needs_a_server_that_takes_it(tmp_path, utf8):
    sink = Sink(utf8=utf8)
    gateway = start(tmp_path, sink.port)
    try:
        post(tmp_path, to="jürgen@xn--bcher-kva.example")
        if utf8:
            sink.wait_for(1)
            assert sink.recipients == [["jürgen@xn--bcher-kva.example"]]
            assert "To: jürgen@xn--bcher-kva.example\r\n".encode() in sink.mails[0]
        else:
            wait_until(lambda: gateway.metric("yett_mail_attempts_failed_total"), 15)
            assert sink.mails == []
    finally:
        gateway.stop()
        sink.stop()


def test_no_address_reaches_a_server_with_more_than_one_recipient(tmp_path):
    sink = Sink()
    gateway = start(tmp_path, sink.port)
    try:
        hostile = ["anna@example.com\r\nBcc: all@example.com", "anna@example.com>\r\nRCPT TO:<all@example.com", '"a b"@example.com',
                   "anna@example.com,all@example.com", "anna@example.com\n.\n"]
        for each in hostile:
            post(tmp_path, to=each)
        fine = post(tmp_path)
        expect_each_once(sink, fine)
        wait_until(lambda: gateway.metric("yett_mail_failed_total", kind="verify_address") == len(hostile))
        assert sink.dialogues == 1
    finally:
        gateway.stop()
        sink.stop()


def test_mails_are_files_by_default(tmp_path):
    gateway = start(tmp_path)
    try:
        ids = post(tmp_path, 2, kind="new_device", agent="Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
        outbox = tmp_path / "var/outbox"
        wait_until(lambda: len(list(outbox.glob("*.eml"))) == 2)
        assert sorted(f.stem for f in outbox.iterdir()) == sorted(ids)
        for file in outbox.iterdir():
            assert file.stat().st_mode & 0o777 == 0o600
            mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            text, html = text_of(mail)
            assert "Firefox, Linux" in text and "Firefox, Linux" in html and "192.0.2.1" in text
            assert TOKEN not in file.read_text(), "a notice needs no link"
    finally:
        gateway.stop()


def test_an_expired_link_is_not_sent(tmp_path):
    gateway = start(tmp_path)
    try:
        post(tmp_path, kind="reset_password", hours=-1)
        wait_until(lambda: gateway.metric("yett_mail_failed_total", kind="reset_password") == 1)
        gave_up = wait_until(lambda: gateway.log(message="a mail was given up"))
        assert gave_up[0]["reason"] == "its link has expired"
        assert not list((tmp_path / "var/outbox").glob("*"))
    finally:
        gateway.stop()


def test_templates_of_the_operator_are_used_and_broken_ones_stop_the_start(tmp_path):
    (tmp_path / "texts/en").mkdir(parents=True)
    text = tmp_path / "texts/en/new_device.txt"
    text.write_text("Subject: Seen at {{brand}}\n\nOn {{device}}.\n")
    gateway = start(tmp_path, templates="texts")
    try:
        post(tmp_path, kind="new_device", agent="curl/8")
        mail = gateway.mails()[0]
        assert mail["Subject"] == "Seen at Example & Söhne"
        assert text_of(mail)[0].strip() == "On curl."
    finally:
        gateway.stop()
    (tmp_path / "texts/en/new_device.html").write_text("<p>{{{device}}}</p>")
    for command in ("check", "run"):
        done = subprocess.run([BINARY, command, "yett.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=30)
        assert done.returncode == 78
        assert "new_device.html: {{{device}} would not be escaped" in done.stderr
