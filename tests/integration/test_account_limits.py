"""Limits whose harm is to an account. Every address of 127.0.0.0/8 is a client of its own, and a device without a memory."""

import re

import pytest
import requests
from requests.adapters import HTTPAdapter

import harness

WRONG = "not the right password"
NEW = "an entirely different sentence"


def out_of_the_way():
    return {"rate": "100000/15m", "algorithm": "gcra", "key": ["client"]}


def settings(port, **changes):
    """Limits by account as they are, but for what is named; those by client are out of the way."""
    config = harness.settings(port)
    config["mail"] = {"public_url": "https://app.example.com"}
    config["limits"] = {**{name: out_of_the_way() for name in ("login", "register", "refresh", "reset", "verify")}, **changes}
    return config


@pytest.fixture(scope="module")
def gateway(echo, tmp_path_factory):
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), settings(echo.port))
    yield program
    program.stop()


class Device:
    """A browser at an address of its own, which keeps its cookies."""

    last = 0

    def __init__(self, gateway):
        Device.last += 1
        self.base, self.ca = gateway.https, gateway.ca
        self.address = f"127.9.{Device.last // 250}.{Device.last % 250 + 1}"
        self.session = requests.Session()
        address = self.address

        class From(HTTPAdapter):
            def init_poolmanager(inner, *args, **kwargs):
                super().init_poolmanager(*args, source_address=(address, 0), **kwargs)
        self.session.mount("https://", From())

    def post(self, path, **body):
        return self.session.post(self.base + "/auth" + path, json=body, verify=self.ca, timeout=30)

    def login(self, email, password=harness.PASSWORD):
        return self.post("/login", email=email, password=password)

    @property
    def mark(self):
        return self.session.cookies.get("__Host-yett_device")


def strangers(gateway, number, email, password=WRONG):
    return [Device(gateway).login(email, password) for _ in range(number)]


def assert_waits(reply, least, most):
    assert reply.status_code == 429 and reply.json()["code"] == "rate_limited", reply.text
    assert least <= int(reply.headers["Retry-After"]) <= most
    assert "RateLimit" not in reply.headers


def hashes(gateway):
    return gateway.metric("yett_password_hash_duration_seconds_count")


def letters(gateway, subject):
    folder = gateway.folder / "var/outbox"
    return [f for f in sorted(folder.glob("*.eml")) if re.search(subject, f.read_text(errors="replace"))]


def test_a_hundred_strangers_get_ten_guesses_at_one_account_and_the_owner_is_not_locked_out(gateway):
    owner = Device(gateway)
    assert owner.post("/register", email="ada@example.com", password=harness.PASSWORD).status_code == 201
    assert owner.login("ada@example.com").status_code == 200 and owner.mark
    before = hashes(gateway)
    replies = strangers(gateway, 100, "ada@example.com")
    assert [r.status_code for r in replies] == [401] * 10 + [429] * 90
    assert hashes(gateway) == before + 10                        # nothing else was looked at
    assert max(r.elapsed.total_seconds() for r in replies[10:]) < 2
    assert_waits(replies[-1], 30, 60)
    assert_waits(Device(gateway).login("ada@example.com"), 30, 60)       # the right password is not looked at either
    for _ in range(20):
        assert owner.login("ada@example.com").status_code == 200
    assert gateway.metric("yett_limiter_refused_total", limit="login_account") >= 91


def test_an_unknown_account_is_slowed_down_to_the_byte_like_a_known_one(gateway):
    assert Device(gateway).post("/register", email="known@example.com", password=harness.PASSWORD).status_code == 201

    def faces(email):
        def face(reply):
            told = {name: value for name, value in reply.headers.items() if name not in ("Date", "X-Request-Id", "Retry-After")}
            body = {name: value for name, value in reply.json().items() if name != "request_id"}
            return reply.status_code, told, body
        return [face(r) for r in strangers(gateway, 13, email)]
    assert faces("known@example.com") == faces("unknown@example.com")


def test_a_known_device_has_five_guesses_of_its_own(gateway):
    owner = Device(gateway)
    assert owner.post("/register", email="eve@example.com", password=harness.PASSWORD).status_code == 201
    assert owner.login("eve@example.com").status_code == 200
    assert [r.status_code for r in strangers(gateway, 11, "eve@example.com")] == [401] * 10 + [429]
    assert [owner.login("eve@example.com", WRONG).status_code for _ in range(6)] == [401] * 5 + [429]
    reply = owner.login("eve@example.com")
    assert_waits(reply, 800, 900)
    # A mark of one account is nothing at another.
    assert [owner.login("ivy@example.com", WRONG).status_code for _ in range(11)] == [401] * 10 + [429]


def test_an_account_key_of_ones_own_does_not_lock_the_owner_out(start, echo, tmp_path):
    login = {"rate": "5/15m", "algorithm": "window", "key": ["account"], "count": "failures"}
    gateway = start(harness.Gateway(tmp_path, settings(echo.port, login=login)))
    owner = Device(gateway)
    assert owner.post("/register", email="ada@example.com", password=harness.PASSWORD).status_code == 201
    assert owner.login("ada@example.com").status_code == 200
    assert [r.status_code for r in strangers(gateway, 20, "ada@example.com")] == [401] * 5 + [429] * 15
    assert owner.login("ada@example.com").status_code == 200
    assert Device(gateway).login("ada@example.com").status_code == 429


def test_a_reset_by_mail_is_not_touched_and_makes_the_device_known(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, settings(echo.port)))
    owner, elsewhere = Device(gateway), Device(gateway)
    assert owner.post("/register", email="ada@example.com", password=harness.PASSWORD).status_code == 201
    assert owner.login("ada@example.com").status_code == 200
    strangers(gateway, 12, "ada@example.com")
    assert elsewhere.login("ada@example.com").status_code == 429
    assert elsewhere.post("/reset-request", email="ada@example.com").status_code == 202
    token = re.search(r"yl1_[\w-]{47}", gateway.mails(2)[-1].get_body(("plain",)).get_content()).group()
    assert elsewhere.post("/reset-confirm", token=token, password=NEW).status_code == 204
    assert elsewhere.mark and elsewhere.login("ada@example.com", NEW).status_code == 200
    assert owner.login("ada@example.com", NEW).status_code == 429         # its mark was of the password before
    assert_waits(Device(gateway).login("ada@example.com", NEW), 1, 900)


def test_a_mark_survives_a_restart_and_is_no_credential(start, echo, tmp_path):
    config = settings(echo.port, login_account={"rate": "2/15m"})
    config["tokens"] = {"algorithm": "ES256", "refresh_transport": "cookie", "access_transport": "cookie"}
    first = harness.Gateway(tmp_path, config)
    owner = Device(first)
    assert owner.post("/register", email="ada@example.com", password=harness.PASSWORD).status_code == 201
    reply = owner.login("ada@example.com")
    line = next(v for v in reply.raw.headers.getlist("Set-Cookie") if v.startswith("__Host-yett_device="))
    assert "Max-Age=15552000" in line and "HttpOnly" in line and "Secure" in line and "Path=/" in line and "Domain" not in line
    first.stop()
    again = start(harness.Gateway(tmp_path, config))
    strangers(again, 3, "ada@example.com")
    owner.base = again.https
    mark = {"Cookie": f"__Host-yett_device={owner.mark}"}
    assert again.call("GET", "/hello", headers=mark).status_code == 401
    assert again.call("POST", "/auth/refresh", json={}, headers=mark).status_code == 401
    assert owner.login("ada@example.com").status_code == 200
    seen = owner.session.get(again.https + "/hello", verify=again.ca).json()
    assert "yett_" not in seen["headers"].get("Cookie", "")


def test_an_account_gets_five_letters_an_hour_of_each_kind_whoever_asks(start, echo, tmp_path):
    config = settings(echo.port)
    config["accounts"]["require_verified_email"] = True
    gateway = start(harness.Gateway(tmp_path, config))
    spellings = ["ada@bücher.example", "ADA@bücher.example", "Ada@BÜCHER.example", "ada@xn--bcher-kva.example"]

    def ask(path, **more):
        return [Device(gateway).post(path, email=spellings[i % 4], **more) for i in range(12)]
    for path, status, more in (("/register", 201, {"password": harness.PASSWORD}), ("/verify/resend", 202, {}), ("/reset-request", 202, {})):
        replies = ask(path, **more)
        assert [r.status_code for r in replies] == [status] * 12
        if status == 202:
            assert len({r.content for r in replies}) == 1
            assert len({tuple(sorted(n for n in r.headers if n != "Date")) for r in replies}) == 1
    harness.wait_until(lambda: len(list((gateway.folder / "var/outbox").glob("*.eml"))) >= 15, what="fifteen letters")
    assert gateway.call("POST", "/auth/reset-request", json={"email": "bob@example.com"}).status_code == 202
    gateway.stop()
    assert len(list((gateway.folder / "var/outbox").glob("*.eml"))) == 15
    assert gateway.log(event="reset_requested", reason="too_many_letters")


def test_a_password_is_guessed_in_a_session_too_and_slowed_down_by_its_account(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, settings(echo.port)))
    token = gateway.user("ada@example.com")["access_token"]

    def guess():
        device = Device(gateway)
        device.session.headers["Authorization"] = f"Bearer {token}"
        return device.post("/password", current_password=WRONG, new_password=NEW)
    replies = [guess() for _ in range(12)]
    assert [r.status_code for r in replies] == [401] * 10 + [429] * 2
    assert_waits(replies[-1], 30, 60)
    assert Device(gateway).login("ada@example.com").status_code == 200      # that is another counter: who found a session open locks nobody out


# What the owner of a good link does is no guess.


@pytest.fixture
def office(start, echo, tmp_path):
    """Limits by client as they are built in; four colleagues share one address."""
    config = harness.settings(echo.port)
    config["limits"] = {}
    config["mail"] = {"public_url": "https://app.example.com"}
    config["accounts"]["require_verified_email"] = True
    return start(harness.Gateway(tmp_path, config))


def token_in_mail(gateway, number):
    return re.search(r"yl1_[\w-]{47}", gateway.mails(number)[-1].get_body(("plain",)).get_content()).group()


HTML = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}


def test_four_colleagues_look_at_their_links_and_press_the_button(office):
    tokens = []
    for i in range(4):
        assert office.register(f"u{i}@example.com").status_code == 201
        tokens.append(token_in_mail(office, i + 1))
    for token in tokens:
        for _ in range(3):
            assert office.call("GET", f"/auth/verify/{token}", headers=HTML).status_code == 200
        assert office.call("HEAD", f"/auth/verify/{token}").status_code == 204
        assert office.call("POST", "/auth/verify", json={"token": token}).status_code == 200
    guesses = [office.call("POST", "/auth/verify", json={"token": "yl1_" + "A" * 47}).status_code for _ in range(6)]
    assert guesses[:5] == [guesses[0]] * 5 and guesses[0] != 429 and guesses[5] == 429


def test_weak_passwords_at_a_good_link_count_for_nothing(office):
    assert office.register("ada@example.com").status_code == 201
    assert office.call("POST", "/auth/verify", json={"token": token_in_mail(office, 1)}).status_code == 200
    assert office.call("POST", "/auth/reset-request", json={"email": "ada@example.com"}).status_code == 202
    token = token_in_mail(office, 2)
    for weak in ("short", "password1234", "aaaaaaaaaaaaaaaa", "", "ada@example.com", "qwertyuiopas"):
        assert office.call("POST", "/auth/reset-confirm", json={"token": token, "password": weak}).status_code in (400, 422)
    assert office.call("GET", f"/auth/reset/{token}", headers=HTML).status_code == 200
    assert office.call("POST", "/auth/reset-confirm", json={"token": token, "password": NEW}).status_code == 204


def test_weak_passwords_at_registration_count_for_nothing(office):
    for weak in ("short", "password1234", "aaaaaaaaaaaaaaaa", "", "ada@example.com", "qwertyuiopas"):
        assert office.register("ada@example.com", weak).status_code in (400, 422)
    assert office.register("ada@example", harness.PASSWORD).status_code in (400, 422, 201)      # a slip in the address
    assert office.register("ada@example.com").status_code == 201


def test_letters_asked_for_count_for_the_client_though_they_went_well(office):
    statuses = [office.call("POST", "/auth/reset-request", json={"email": f"u{i}@example.com"}).status_code for i in range(6)]
    assert statuses == [202] * 5 + [429]
    statuses = [office.call("POST", "/auth/verify/resend", json={"email": f"u{i}@example.com"}).status_code for i in range(6)]
    assert statuses == [202] * 5 + [429]


def test_a_login_before_the_address_is_proved_is_no_guess(office):
    assert office.register("ada@example.com").status_code == 201
    assert [office.login("ada@example.com").status_code for _ in range(7)] == [403] * 7
    assert [office.login("ada@example.com", WRONG).status_code for _ in range(6)] == [401] * 5 + [429]


# What any page can make its visitors' browsers send spends nothing of theirs.

IMAGE = {"Accept": "image/avif,*/*;q=0.8", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
LED_HERE = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
SCRIPT = {"Accept": "*/*", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Origin": "https://evil.example"}
BAD_LINK = "yl1_" + "A" * 47


@pytest.mark.parametrize("sent", [IMAGE, LED_HERE, {**IMAGE, "Accept": "application/json"}, {}], ids=["image", "navigation", "json", "silent"])
def test_looking_at_links_that_are_none_spends_nothing(office, sent):
    for path in ("reset", "verify", "email/confirm", "email/undo"):
        for _ in range(8):
            assert office.call("GET", f"/auth/{path}/{BAD_LINK}", headers=sent).status_code in (400, 404, 410), path
    assert office.register("ada@example.com").status_code == 201
    assert office.call("POST", "/auth/verify", json={"token": token_in_mail(office, 1)}).status_code == 200
    assert office.call("POST", "/auth/reset-request", json={"email": "ada@example.com"}).status_code == 202
    token = token_in_mail(office, 2)
    assert office.call("GET", f"/auth/reset/{token}", headers=HTML).status_code == 200
    assert office.call("POST", "/auth/reset-confirm", json={"token": token, "password": NEW}).status_code == 204


@pytest.mark.parametrize("sent", [SCRIPT, {"Origin": "https://evil.example"}, {"Origin": "null"}, {**SCRIPT, "Sec-Fetch-Site": "same-site"}],
                         ids=["script", "old browser", "sandbox", "sibling of a public suffix"])
def test_sibling_a_script_of_another_site_is_refused_and_spends_nothing(office, sent):
    posts = {"verify": {"token": BAD_LINK}, "reset-confirm": {"token": BAD_LINK, "password": NEW}, "reset-request": {"email": "ada@example.com"},
             "verify/resend": {"email": "ada@example.com"}, "login": {"email": "ada@example.com", "password": WRONG},
             "email/confirm": {"token": BAD_LINK}, "register": {"email": "eve@example.com", "password": NEW}, "refresh": {"refresh_token": "x"}}
    for path, form in posts.items():
        statuses = {office.call("POST", f"/auth/{path}", data=form, headers=sent).status_code for _ in range(12)}
        assert statuses == {403}, path
    assert office.register("ada@example.com").status_code == 201
    assert office.call("POST", "/auth/verify", json={"token": token_in_mail(office, 1)}).status_code == 200
    assert office.login("ada@example.com").status_code == 200


def test_sibling_whom_a_rule_does_not_let_in_has_guessed_no_password(office):
    for path in ("password", "email"):
        for _ in range(12):
            assert office.call("POST", f"/auth/{path}", data={"current_password": WRONG}, headers={"Accept": "*/*"}).status_code == 401
    assert office.register("ada@example.com").status_code == 201
    assert office.call("POST", "/auth/verify", json={"token": token_in_mail(office, 1)}).status_code == 200
    assert office.login("ada@example.com").status_code == 200


def test_sibling_real_guesses_of_links_are_counted_as_ever(office):
    own = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Origin": office.https}
    for headers in ({}, own):
        statuses = [office.call("POST", "/auth/reset-confirm", json={"token": BAD_LINK, "password": NEW}, headers=headers).status_code for _ in range(6)]
        assert statuses[-1] == 429, headers


def forgetful(gateway):
    """A browser at the address that all share, whose owner has typed a wrong password six times."""
    owner = requests.Session()
    post = lambda path, **body: owner.post(gateway.https + "/auth" + path, json=body, verify=gateway.ca, timeout=30)
    assert [post("/login", email="ada@example.com", password=WRONG).status_code for _ in range(6)] == [401] * 5 + [429]
    return post


def test_after_a_reset_the_owner_logs_in_at_once_whatever_was_guessed_before(office):
    assert office.register("ada@example.com").status_code == 201
    assert office.call("POST", "/auth/verify", json={"token": token_in_mail(office, 1)}).status_code == 200
    post = forgetful(office)
    assert strangers(office, 12, "ada@example.com")[-1].status_code == 429
    assert post("/reset-request", email="ada@example.com").status_code == 202
    assert post("/login", email="ada@example.com", password=harness.PASSWORD).status_code == 429
    assert post("/reset-confirm", token=token_in_mail(office, 2), password=NEW).status_code == 204
    assert post("/login", email="ada@example.com", password=NEW).status_code == 200


def test_sibling_a_mark_that_is_none_or_of_another_account_opens_no_limit(office):
    for i, email in enumerate(("ada@example.com", "bob@example.com")):
        assert office.register(email).status_code == 201
        assert office.call("POST", "/auth/verify", json={"token": token_in_mail(office, i + 1)}).status_code == 200
    ada = Device(office)
    assert ada.login("ada@example.com").status_code == 200 and ada.mark
    assert [ada.login("bob@example.com", WRONG).status_code for _ in range(6)] == [401] * 5 + [429]
    for mark in ("x", "yd1_" + "A" * 90):
        tried = [office.call("POST", "/auth/login", json={"email": f"{mark[:1]}@example.com", "password": WRONG},
                             headers={"Cookie": f"__Host-yett_device={mark}"}) for _ in range(6)]
        assert 429 in [r.status_code for r in tried], mark
    lines = harness.wait_until(lambda: office.log(path="/auth/login", status=429), what="the refusals")
    assert {line["cause"] for line in lines} == {"the limit login"}


def test_sibling_a_known_device_behind_a_busy_address_has_five_of_its_own(office):
    assert office.register("ada@example.com").status_code == 201
    assert office.call("POST", "/auth/verify", json={"token": token_in_mail(office, 1)}).status_code == 200
    known = requests.Session()
    post = lambda password: known.post(office.https + "/auth/login", json={"email": "ada@example.com", "password": password},
                                       verify=office.ca, timeout=30).status_code
    assert post(harness.PASSWORD) == 200
    forgetful(office)
    assert post(harness.PASSWORD) == 200
    assert [post(WRONG) for _ in range(6)] == [401] * 5 + [429]
