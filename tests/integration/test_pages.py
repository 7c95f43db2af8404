"""Pages and forms by HTTP: who gets HTML, what a form has to bring, what replies carry."""

import re

import harness
import pytest
import requests

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def gateway(echo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    config = harness.settings(
        echo.port, tokens={"refresh_transport": "cookie", "access_transport": "cookie"},
        limits={"register": {"rate": "1000/1h", "algorithm": "window", "key": ["client"]},
                "tried": {"rate": "2/1h", "algorithm": "window", "key": ["client"]}},
        routes=[{"name": "tried", "match": {"path": "/tried"}, "access": "public", "upstream": "app", "limits": ["tried"]},
                {"name": "admin", "match": {"path": "/admin/**"}, "access": {"roles": ["admin"]}, "upstream": "app"},
                {"name": "everything", "match": {"path": "/**"}, "access": "authenticated", "upstream": "app"}],
        accounts={"require_verified_email": False,
                  "pages": {"enabled": True, "brand": "A & B <x>", "color": "#fd0", "logo": "logo.svg", "after_login": "/home"}},
        mail={"url": "file:outbox", "from": "A <a@example.com>", "public_url": "https://example.com"})
    program = harness.Gateway(folder, config)
    yield program
    program.stop()


class Browser:
    """As much of one as forms need: cookies, HTML, and the headers of a navigation."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.session = requests.Session()
        self.options = {"verify": gateway.ca, "allow_redirects": False, "timeout": 20}
        self.session.headers.update({**HTML, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"})

    def get(self, path, **headers):
        return self.session.get(self.gateway.https + path, headers=headers, **self.options)

    def post(self, path, data, **headers):
        headers = {"Origin": self.gateway.https, **headers}
        return self.session.post(self.gateway.https + path, data=data, headers=headers, **self.options)

    def form(self, page):
        return re.search(r'name="form" value="([^"]+)"', self.get(page).text).group(1)

    def submit(self, page, path, **members):
        return self.post(path, {"form": self.form(page), **members})


@pytest.fixture
def browser(gateway):
    return Browser(gateway)


def test_password_managers_find_the_form_for_a_new_password(browser, echo, tmp_path, start):
    reply = browser.get("/.well-known/change-password")
    assert (reply.status_code, reply.headers["Location"]) == (303, "/auth/account#change")
    without = start(harness.Gateway(tmp_path, harness.settings(echo.port, accounts={"pages": {"enabled": False}})))
    asked = without.call("GET", "/.well-known/change-password")
    assert "Location" not in asked.headers, "without pages it belongs to the application"


def test_pages_allow_nothing_but_themselves(browser):
    for path in ("/auth/login", "/auth/register", "/auth/reset", "/auth/check-mail", "/auth/verify/x", "/auth/reset/x", "/auth/nothing"):
        reply = browser.get(path)
        assert reply.headers["Content-Type"] == "text/html; charset=utf-8", path
        policy = reply.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';") and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "strict-origin"
        assert "A &amp; B &lt;x&gt;" in reply.text
        assert "<script" not in reply.text


def test_what_pages_load_may_be_kept_for_good(browser):
    html = browser.get("/auth/login").text
    files = re.findall(r'"(/auth/assets/[^"]+)"', html)
    assert len(files) == 3
    total = len(html)
    for path in files:
        reply = browser.get(path)
        assert reply.status_code == 200
        assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "sandbox" in reply.headers["Content-Security-Policy"]
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        total += len(reply.content)
    assert total < 20 * 1024
    assert browser.get("/auth/assets/style.css").status_code == 404
    assert browser.get("/auth/assets/..%2f..%2fyett.yaml").status_code in (400, 404)


def test_pages_speak_the_readers_language(browser):
    assert '<html lang="de">' in browser.get("/auth/login", **{"Accept-Language": "de-CH,de;q=0.9,en;q=0.5"}).text
    assert '<html lang="en">' in browser.get("/auth/login", **{"Accept-Language": "fr"}).text
    assert "Hier ist nichts" in browser.get("/auth/nothing", **{"Accept-Language": "de"}).text


def test_errors_are_pages_for_browsers_and_problems_for_programs(gateway, browser):
    page = browser.get("/auth/nothing")
    assert page.status_code == 404
    reference = re.search(r"<code>([^<]+)</code>", page.text).group(1)
    harness.wait_until(lambda: gateway.log(request_id=reference), what="the access log line")
    problem = gateway.call("GET", "/auth/nothing")
    assert problem.headers["Content-Type"] == "application/problem+json"
    script = browser.get("/auth/nothing", **{"Sec-Fetch-Mode": "cors"})
    assert script.headers["Content-Type"] == "application/problem+json"


def test_a_limit_says_how_long_to_wait(browser):
    replies = [browser.get("/tried") for _ in range(3)]
    assert replies[2].status_code == 429
    assert "Retry-After" in replies[2].headers
    assert re.search(r"Please wait (an hour|\d+ \w+) and try again", replies[2].text)


def test_a_form_needs_the_token_and_the_cookie_of_its_page(gateway, browser):
    good = {"email": "no@example.com", "password": "wrong wrong wrong"}
    token = browser.form("/auth/login")
    assert browser.post("/auth/login", {**good, "form": token}).status_code == 401
    for bad in ("", "A" * 43, browser.form("/auth/register")):
        reply = browser.post("/auth/login", {**good, "form": bad})
        assert reply.status_code == 403
        assert "open for too long" in reply.text and 'value="no@example.com"' in reply.text
        assert "wrong wrong" not in reply.text
    assert Browser(gateway).post("/auth/login", {**good, "form": token}).status_code == 403
    assert browser.post("/auth/login", good).status_code == 403


def test_a_foreign_page_can_sign_nobody_in(gateway, browser):
    gateway.register("victim@example.com")
    login = {"email": "victim@example.com", "password": harness.PASSWORD}
    token = browser.form("/auth/login")
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert browser.post("/auth/login", {**login, "form": token}, **foreign).status_code == 403
    # The same by a script that does not ask for a page.
    quiet = browser.post("/auth/login", login, **foreign, Accept="*/*", **{"Sec-Fetch-Mode": "no-cors"})
    assert quiet.status_code == 403
    assert "Set-Cookie" not in quiet.headers
    assert browser.post("/auth/login", {**login, "form": token}).status_code == 303


@pytest.mark.parametrize("path", ["/auth/register", "/auth/reset-request"])
def test_a_foreign_page_can_send_no_form(browser, path):
    page = {"/auth/reset-request": "/auth/reset"}.get(path, path)
    form = {"email": "foreign@example.com", "form": browser.form(page)}
    if path == "/auth/register":
        form["password"] = harness.PASSWORD
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert browser.post(path, form, **foreign).status_code == 403
    assert browser.post(path, form).status_code == 303


def test_a_form_that_went_well_leads_on(browser):
    member = {"email": "ada@example.com", "password": harness.PASSWORD}
    joined = browser.submit("/auth/register", "/auth/register", **member)
    assert (joined.status_code, joined.headers["Location"]) == (303, "/auth/login?notice=registered")
    taken = browser.submit("/auth/register", "/auth/register", **member)
    assert taken.status_code == 409
    assert "There is an account for this address already." in taken.text
    assert 'aria-describedby="email-error"' in taken.text
    inside = browser.submit("/auth/login", "/auth/login", **member, next="/reports?a=b")
    assert (inside.status_code, inside.headers["Location"]) == (303, "/reports?a=b")
    assert inside.headers["Cache-Control"] == "no-store"
    account = browser.get("/auth/account")
    assert account.status_code == 200 and "ada@example.com" in account.text
    # One form for one session, with a member it does not know.
    strange = browser.submit("/auth/account", "/auth/account", end="x", admin="1")
    assert strange.status_code == 400
    unknown = browser.submit("/auth/account", "/auth/account", end="no-such-session")
    assert unknown.headers["Location"] == "/auth/account?notice=session_ended"
    wrong = browser.submit("/auth/account", "/auth/password", current_password="wrong", new_password="four unrelated words here")
    assert wrong.status_code == 401 and "This is not your current password." in wrong.text
    empty = browser.submit("/auth/account", "/auth/password", current_password="", new_password="")
    assert empty.status_code == 400 and empty.text.count("This field is empty.") == 4
    forbidden = browser.get("/admin/x")
    assert forbidden.status_code == 403 and "This page is not for you" in forbidden.text
    out = browser.submit("/auth/account", "/auth/logout")
    assert (out.status_code, out.headers["Location"]) == (303, "/auth/login?notice=signed_out")
    assert browser.get("/auth/account").headers["Location"].startswith("/auth/login?next=")


def test_next_leads_nowhere_else(browser):
    browser.gateway.register("next@example.com")
    member = {"email": "next@example.com", "password": harness.PASSWORD}
    for evil in ("//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example", "/%09/evil.example", ""):
        reply = browser.submit("/auth/login", "/auth/login", **member, next=evil)
        assert (reply.status_code, reply.headers["Location"]) == (303, "/home"), evil
    page = browser.get("/auth/login?next=//evil.example")
    assert "evil" not in page.text


def test_programs_may_send_forms_and_get_json(gateway):
    gateway.register("form@example.com")
    for name in ("username", "email"):
        reply = gateway.call("POST", "/auth/login", data={name: "form@example.com", "password": harness.PASSWORD})
        assert reply.status_code == 200
        assert reply.json()["user"]["email"] == "form@example.com"
    for body in ("email=a&email=b&password=x", "email=a%00b&password=x", "email=a%zz&password=x", "email=%ff&password=x",
                 "email=a&password=x&roles=admin"):
        reply = gateway.call("POST", "/auth/login", data=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert reply.status_code == 400, body
        assert reply.headers["Content-Type"] == "application/problem+json"


def test_failed_forms_are_counted_as_failed(gateway, browser):
    before = gateway.metric("yett_accounts_total", operation="login", result="refused") or 0
    browser.submit("/auth/login", "/auth/login", email="no@example.com", password="wrong wrong wrong")
    gateway.await_metric(before + 1, "yett_accounts_total", operation="login", result="refused")


def test_cookies_of_the_pages_do_not_reach_the_application(gateway, browser):
    gateway.register("cookie@example.com")
    browser.submit("/auth/login", "/auth/login", email="cookie@example.com", password=harness.PASSWORD)
    assert "__Host-yett_form" in browser.session.cookies
    assert "yett_form" not in browser.get("/anything").text


def test_without_pages_programs_are_served_as_before(echo, start, tmp_path):
    config = harness.settings(echo.port, accounts={"require_verified_email": False, "pages": {"enabled": False}})
    plain = start(harness.Gateway(tmp_path, config))
    user = Browser(plain)
    for path in ("/auth/login", "/auth/register", "/auth/reset"):
        reply = user.get(path)
        assert reply.status_code == 404 and "<h1>" in reply.text
    plain.register("plain@example.com")
    reply = user.post("/auth/login", {"email": "plain@example.com", "password": harness.PASSWORD})
    assert reply.status_code == 200 and reply.headers["Content-Type"] == "application/json"
