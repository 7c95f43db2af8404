"""Pages and forms by HTTP: who gets HTML, what a form has to bring, what replies carry."""

import html
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
        # Whoever is signed in is led on from the login page, but for where they have to confirm it.
        page = "/auth/login?confirm=1" if page == "/auth/login" else page
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


PROBE = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
ASKED_BY_CHROMIUM = {"Accept": "*/*", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "none", "Sec-Fetch-Dest": "empty"}


def test_password_managers_see_that_what_is_not_there_is_not_200(gateway, browser, echo, tmp_path, start):
    assert gateway.call("GET", PROBE, headers=ASKED_BY_CHROMIUM).status_code == 401      # redirects are followed
    readme = harness.settings(echo.port, accounts={"pages": {"enabled": True}})
    readme["routes"] = [{"name": "everything", "match": {"path": "/**"}, "access": "authenticated", "upstream": "app"}]
    program = start(harness.Gateway(tmp_path, readme))
    assert program.call("GET", PROBE, headers=ASKED_BY_CHROMIUM).status_code == 401
    assert browser.get(PROBE).status_code in (302, 401)                                  # a person is led to the login


def test_a_page_that_says_wait_leads_back_to_its_form(start, echo, tmp_path):
    config = harness.settings(echo.port, tokens={"refresh_transport": "cookie", "access_transport": "cookie"},
                              limits={name: {"rate": "1/1h", "algorithm": "window", "key": ["client"]} for name in ("login", "register", "reset")},
                              accounts={"require_verified_email": False, "pages": {"enabled": True}},
                              mail={"url": "file:outbox", "from": "A <a@example.com>", "public_url": "https://example.com"})
    browser = Browser(start(harness.Gateway(tmp_path, config)))
    for page, path in (("/auth/login", "/auth/login"), ("/auth/register", "/auth/register"), ("/auth/reset", "/auth/reset-request")):
        for _ in range(2):
            reply = browser.post(path, {"form": browser.form(page), "email": "a@example.com", "password": "a long enough passphrase"})
        assert reply.status_code == 429 and f'href="{page}"' in reply.text, (path, reply.status_code)
        assert browser.get(page).status_code == 200
    tried = [browser.get("/auth/reset/yl1_x") for _ in range(2)][-1]
    assert tried.status_code == 429 and 'href="/auth/reset/yl1_x"' in tried.text         # sibling: an address that changes nothing is its own way back
    code = Browser(browser.gateway)
    code.session.headers["Accept"] = "application/json"
    assert "href" not in code.post("/auth/login", {"email": "a@example.com", "password": "x"}).text   # sibling: programs get no link


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
    # One form for one session; a member it does not know is not its business (RFC 6749 section 3.2).
    strange = browser.submit("/auth/account", "/auth/account", end="x", admin="1")
    assert strange.headers["Location"] == "/auth/account?notice=session_ended"
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
    page = browser.get("/auth/login?confirm=1&next=//evil.example")
    assert "evil" not in page.text


def test_programs_may_send_forms_and_get_json(gateway):
    gateway.register("form@example.com")
    for name in ("username", "email"):
        reply = gateway.call("POST", "/auth/login", data={name: "form@example.com", "password": harness.PASSWORD})
        assert reply.status_code == 200
        assert reply.json()["user"]["email"] == "form@example.com"
    for body in ("email=a&email=b&password=x", "email=a%00b&password=x", "email=a%zz&password=x", "email=%ff&password=x"):
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
    for path, status in (("/auth/login", 405), ("/auth/register", 405), ("/auth/reset", 404)):
        reply = user.get(path)
        assert reply.status_code == status and "<h1>" in reply.text
    plain.register("plain@example.com")
    reply = user.post("/auth/login", {"email": "plain@example.com", "password": harness.PASSWORD})
    assert reply.status_code == 200 and reply.headers["Content-Type"] == "application/json"


# --- Where a browser goes -------------------------------------------------------------------

def signed_in(gateway, email):
    browser = Browser(gateway)
    gateway.register(email)
    assert browser.submit("/auth/login", "/auth/login", email=email, password=harness.PASSWORD).status_code == 303
    return browser


@pytest.mark.parametrize("asked,back", [
    ("/q?v=a\\b", "/q?v=a%5Cb"), ("/q?v=%5C%5C", "/q?v=%5C%5C"), ("/q?a=b|c^d`e{f}\"<g>", "/q?a=b|c^d`e{f}\"<g>"), ("/a%20b?c;d", "/a%20b?c;d"),
], ids=["backslash", "escaped", "odd characters", "semicolon"])
def test_what_is_written_as_next_is_accepted_back(gateway, asked, back):
    gateway.register("back@example.com")
    with gateway.raw(tls=True) as connection:
        connection.send(f"GET {asked} HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Mode: navigate\r\nConnection: close\r\n\r\n".encode())
        head = connection.read_all().decode()
    assert head.startswith("HTTP/1.1 302"), head
    location = re.search(r"(?im)^location: (\S+)", head).group(1)
    browser = Browser(gateway)
    token = browser.form(location)
    next_member = re.search(r'name="next" value="([^"]*)"', browser.get(location).text).group(1)
    reply = browser.post("/auth/login", {"email": "back@example.com", "password": harness.PASSWORD, "form": token, "next": html.unescape(next_member)})
    assert (reply.status_code, reply.headers["Location"]) == (303, back)


@pytest.mark.parametrize("size", [4_500, 7_000])
def test_an_address_that_is_too_long_waits_in_the_browser(gateway, size):
    gateway.register("long@example.com")
    browser = Browser(gateway)
    asked = "/q?v=" + "a%20" * (size // 4)
    sent = browser.get(asked)
    assert (sent.status_code, sent.headers["Location"]) == (302, "/auth/login?next=kept")
    kept = [c for c in browser.session.cookies if c.name.startswith("__Host-yett_next")]
    assert kept and all(c.secure and c.path == "/" for c in kept)
    reply = browser.submit("/auth/login?next=kept", "/auth/login", email="long@example.com", password=harness.PASSWORD, next="kept")
    assert (reply.status_code, reply.headers["Location"]) == (303, asked)
    assert not [c for c in browser.session.cookies if c.name.startswith("__Host-yett_next")]
    again = browser.submit("/auth/login", "/auth/login", email="long@example.com", password=harness.PASSWORD, next="kept")
    assert again.headers["Location"] == "/home"


def test_a_planted_address_does_not_wait(gateway):
    """A sibling: the word alone, or a cookie that this program did not write, leads to the start page."""
    gateway.register("planted@example.com")
    for planted in (None, "x", "/evil", "QUFB.9999999999.//evil.example"):
        browser = Browser(gateway)
        if planted:
            browser.session.headers["Cookie"] = f"__Host-yett_next={planted}"
        page = browser.get("/auth/login?next=kept")
        form = re.search(r'name="form" value="([^"]+)"', page.text).group(1)
        key = page.cookies["__Host-yett_form"]
        browser.session.headers["Cookie"] = f"__Host-yett_form={key}" + (f"; __Host-yett_next={planted}" if planted else "")
        reply = browser.post("/auth/login", {"email": "planted@example.com", "password": harness.PASSWORD, "form": form, "next": "kept"})
        assert (reply.status_code, reply.headers["Location"]) == (303, "/home"), planted


def test_next_goes_through_registration_and_login(gateway):
    browser = Browser(gateway)
    page = browser.get("/auth/login?next=/reports%3Fa%3Db")
    assert 'href="/auth/register?next=/reports%3Fa%3Db"' in page.text and 'href="/auth/reset?next=/reports%3Fa%3Db"' in page.text
    member = {"email": "through@example.com", "password": harness.PASSWORD, "next": "/reports?a=b"}
    joined = browser.submit("/auth/register?next=/reports%3Fa%3Db", "/auth/register", **member)
    assert joined.headers["Location"] == "/auth/login?notice=registered&next=/reports%3Fa%3Db"
    assert browser.submit("/auth/login", "/auth/login", **member).headers["Location"] == "/reports?a=b"


def test_the_start_of_the_prefix_leads_in(gateway):
    for path in ("/auth", "/auth/"):
        reply = Browser(gateway).get(path)
        assert (reply.status_code, reply.headers["Location"]) == (303, "/auth/login"), path
        inside = signed_in(gateway, "front@example.com").get(path)
        assert (inside.status_code, inside.headers["Location"]) == (303, "/auth/account"), path
    assert gateway.call("POST", "/auth").status_code in (404, 405)


def test_whoever_is_signed_in_goes_on_from_the_login_page(gateway):
    browser = signed_in(gateway, "goes.on@example.com")
    for asked, leads in (("/auth/login", "/home"), ("/auth/login?next=/reports", "/reports"), ("/auth/login?next=//evil.example", "/home")):
        reply = browser.get(asked)
        assert (reply.status_code, reply.headers["Location"]) == (303, leads), asked
    browser.submit("/auth/logout", "/auth/logout")
    assert browser.get("/auth/login").status_code == 200


def test_a_session_that_only_the_refresh_cookie_knows_goes_on_as_well(gateway):
    """A sibling: the access token expired while nobody looked."""
    browser = signed_in(gateway, "only.refresh@example.com")
    browser.session.cookies.clear(domain="localhost.local", path="/", name="__Host-yett_access")
    assert browser.get("/auth/login?next=/reports").headers["Location"] == "/reports"
    browser.session.cookies.set("__Host-yett_refresh", "x", domain="localhost.local", path="/", secure=True)
    assert browser.get("/auth/login").status_code == 200


def test_a_page_signs_out_and_says_where_to(gateway):
    browser = signed_in(gateway, "out@example.com")
    page = browser.get("/auth/logout?next=/goodbye")
    assert page.status_code == 200 and "Log out?" in page.text and 'value="/goodbye"' in page.text
    assert browser.get("/auth/account").status_code == 200, "looking at it signs nobody out"
    out = browser.submit("/auth/logout?next=/goodbye", "/auth/logout", next="/goodbye")
    assert (out.status_code, out.headers["Location"], out.headers["Clear-Site-Data"]) == (303, "/goodbye", '"cache"')
    assert browser.get("/auth/account").status_code == 302
    for evil in ("//evil.example", "https://evil.example"):
        assert browser.submit("/auth/logout", "/auth/logout", next=evil).headers["Location"] == "/auth/login?notice=signed_out"


def test_signing_out_works_for_nobody_as_well(gateway):
    """A sibling: the other tab was quicker."""
    reply = Browser(gateway).submit("/auth/logout", "/auth/logout")
    assert (reply.status_code, reply.headers["Location"]) == (303, "/auth/login?notice=signed_out")


def test_after_logout_is_where_signing_out_leads(start, echo, tmp_path):
    config = harness.settings(echo.port, accounts={"require_verified_email": False, "pages": {"after_logout": "/bye"}})
    program = start(harness.Gateway(tmp_path, config))
    browser = signed_in(program, "bye@example.com")
    assert browser.submit("/auth/logout", "/auth/logout").headers["Location"] == "/bye"
    assert "Clear-Site-Data" not in program.call("POST", "/auth/logout", headers={"Authorization": "Bearer x"}).headers


# --- A login that is too old -----------------------------------------------------------------

@pytest.fixture(scope="module")
def careful(echo, tmp_path_factory):
    routes = [{"name": "vault", "match": {"path": "/vault/**"}, "access": {"recent_login": "3s"}, "upstream": "app"},
              {"name": "everything", "match": {"path": "/**"}, "access": "authenticated", "upstream": "app"}]
    program = harness.Gateway(tmp_path_factory.mktemp("careful"), harness.settings(echo.port, routes=routes))
    yield program
    program.stop()


def grown_old(browser, path):
    return harness.wait_until(lambda: (lambda r: r if r.status_code != 200 else None)(browser.get(path)), what="a login that is not recent")


def test_a_login_that_is_too_old_leads_to_the_login_and_back(careful):
    browser = signed_in(careful, "recent@example.com")
    sent = grown_old(browser, "/vault/gold?bars=2")
    assert (sent.status_code, sent.headers["Location"]) == (302, "/auth/login?next=/vault/gold%3Fbars%3D2&confirm=1")
    page = browser.get(sent.headers["Location"])
    assert page.status_code == 200 and "Confirm it is you" in page.text and 'value="recent@example.com"' in page.text
    back = browser.submit(sent.headers["Location"], sent.headers["Location"], email="recent@example.com", password=harness.PASSWORD, next="/vault/gold?bars=2")
    assert (back.status_code, back.headers["Location"]) == (303, "/vault/gold?bars=2")
    assert browser.get("/vault/gold?bars=2").status_code == 200


def test_scripts_and_programs_are_told_that_a_login_is_too_old(careful):
    """A sibling: nobody follows a redirect there."""
    browser = signed_in(careful, "script@example.com")
    grown_old(browser, "/vault/x")
    script = browser.get("/vault/x", **{"Sec-Fetch-Mode": "cors", "Accept": "application/json"})
    assert script.status_code == 401 and script.json()["code"] == "recent_login_required"
    post = browser.post("/vault/x", {"a": "b"})
    assert post.status_code == 401, "a form to the application cannot be sent again"


# --- Links that are none ---------------------------------------------------------------------

def test_a_link_that_is_none_is_told_at_once(browser):
    for path in ("/auth/reset/garbage", "/auth/verify/garbage", "/auth/reset/yl1_" + "A" * 47):
        reply = browser.get(path)
        assert reply.status_code == 400 and "This link does not work any more" in reply.text and "<form" not in reply.text, path


def mailed(gateway, address, kind):
    def look():
        files = sorted((gateway.folder / "outbox").glob("*.eml"))
        texts = [f.read_text().replace("=\n", "").replace("=3D", "=") for f in files]
        found = [re.search(rf"/auth/{kind}/([A-Za-z0-9_-]+)", t) for t in texts if address in t]
        return next((f.group(1) for f in reversed(found) if f), None)
    return harness.wait_until(look, what=f"a mail with a {kind} link")


def test_a_verification_link_says_the_second_time_that_it_did_its_work(gateway, browser):
    gateway.register("twice@example.com")
    token = mailed(gateway, "twice@example.com", "verify")
    page = f"/auth/verify/{token}"
    assert "Confirm your address" in browser.get(page).text
    form = browser.form(page)
    assert browser.post("/auth/verify", {"form": form, "token": token}).headers["Location"] == "/auth/login?notice=verified"
    again = browser.get(page)
    assert again.status_code == 200 and "This link has done its work already" in again.text and 'href="/auth/login"' in again.text
    pressed = browser.post("/auth/verify", {"form": form, "token": token})
    assert pressed.status_code == 400 and "This link has done its work already" in pressed.text
    told = gateway.call("POST", "/auth/verify", json={"token": token})
    assert (told.status_code, told.json()["code"]) == (400, "token_invalid"), "it is good once"


def test_a_reset_link_that_was_used_is_told_at_once(gateway, browser):
    """A sibling: that one gives a new password once, and says so before anybody types another."""
    gateway.register("reset.twice@example.com")
    gateway.call("POST", "/auth/reset-request", json={"email": "reset.twice@example.com"})
    token = mailed(gateway, "reset.twice@example.com", "reset")
    form = browser.form(f"/auth/reset/{token}")
    assert browser.post("/auth/reset-confirm", {"form": form, "token": token, "password": "four unrelated words here"}).status_code == 303
    assert "This link does not work any more" in browser.get(f"/auth/reset/{token}").text


# --- How people and libraries write ------------------------------------------------------------

def test_forms_of_libraries_log_in(gateway):
    gateway.register("library@example.com")
    form = {"grant_type": "password", "username": "library@example.com", "password": harness.PASSWORD, "scope": "", "client_id": "", "client_secret": ""}
    assert gateway.call("POST", "/auth/login", data=form).status_code == 200
    assert gateway.call("POST", "/auth/login", data={**form, "username": "", "email": "library@example.com"}).status_code == 200
    assert gateway.call("POST", "/auth/login", json={**form, "email": "library@example.com"}).status_code == 400, "JSON is as strict as before"


@pytest.mark.parametrize("body", ["null", "{}", ""])
def test_a_body_of_null_is_an_empty_one(gateway, body):
    gateway.register("null@example.com")
    cookies = {c.name: c.value for c in gateway.login("null@example.com").cookies}
    headers = {"Content-Type": "application/json", "Origin": gateway.https, "Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
    renewed = gateway.call("POST", "/auth/refresh", data=body, headers=headers)
    assert renewed.status_code == 200
    headers["Cookie"] = "; ".join(f"{c.name}={c.value}" for c in renewed.cookies)
    assert gateway.call("POST", "/auth/logout", data=body, headers=headers).status_code == 204


@pytest.mark.parametrize("around", [" {} ", "\u00a0{}\u00a0", "\u200b{}\u200b", "\t{}\r\n", "\ufeff{}"])
def test_blanks_around_an_address_are_not_its_own(gateway, around):
    assert gateway.register(around.format("blank@example.com")).status_code in (201, 409)
    before = gateway.metric("yett_accounts_total", operation="login", result="refused") or 0
    assert gateway.login(around.format("blank@example.com")).status_code == 200
    assert gateway.call("POST", "/auth/login", data={"username": around.format("blank@example.com"), "password": harness.PASSWORD}).status_code == 200
    assert gateway.login("blank@example.com", f" {harness.PASSWORD}").status_code == 401, "a password is taken as it is"
    gateway.await_metric(before + 1, "yett_accounts_total", operation="login", result="refused")


def test_a_token_copied_with_a_line_end_is_the_token(gateway):
    gateway.register("line@example.com")
    token = mailed(gateway, "line@example.com", "verify")
    assert gateway.call("POST", "/auth/verify", json={"token": f" {token}\r\n"}).status_code == 200
    gateway.call("POST", "/auth/reset-request", json={"email": "line@example.com\n"})
    token = mailed(gateway, "line@example.com", "reset")
    assert gateway.call("GET", f"/auth/reset/{token}%20").status_code == 204
    assert gateway.call("POST", "/auth/reset-confirm", json={"token": f"{token}\n", "password": "four unrelated words here"}).status_code == 204


# --- What pages say ------------------------------------------------------------------------

def test_the_login_page_says_where_one_is_going(gateway):
    page = Browser(gateway).get("/auth/login?next=/reports/2026%3Fsecret%3Dx").text
    assert "to continue to" in page and "localhost/reports/2026" in page and ">localhost/reports/2026<" in page
    assert "to continue to" not in Browser(gateway).get("/auth/login").text


def test_the_account_page_makes_lists_and_removes_keys(gateway):
    browser = signed_in(gateway, "keys@example.com")
    assert "API keys" in browser.get("/auth/account").text
    made = browser.submit("/auth/account", "/auth/api-keys", name="backup & more")
    key = re.search(r"<code>(yk1_[A-Za-z0-9_-]+)</code>", made.text).group(1)
    assert made.status_code == 200 and made.headers["Cache-Control"] == "no-store"
    assert gateway.call("GET", "/auth/me", headers={"X-Api-Key": key}).json()["email"] == "keys@example.com"
    listed = browser.get("/auth/account").text
    assert "backup &amp; more" in listed and key not in listed
    identity = re.search(r'name="remove_key" value="([^"]+)"', listed).group(1)
    gone = browser.submit("/auth/account", "/auth/account", remove_key=identity)
    assert (gone.status_code, gone.headers["Location"]) == (303, "/auth/account?notice=key_removed#keys")
    assert gateway.call("GET", "/auth/me", headers={"X-Api-Key": key}).status_code == 401
    unnamed = browser.submit("/auth/account", "/auth/api-keys", name="")
    assert unnamed.status_code == 400 and 'id="name-error"' in unnamed.text


def test_keys_of_somebody_else_stay(gateway):
    """A sibling: an id from elsewhere removes nothing."""
    mine, other = signed_in(gateway, "keys.mine@example.com"), signed_in(gateway, "keys.other@example.com")
    made = mine.submit("/auth/account", "/auth/api-keys", name="mine")
    key = re.search(r"<code>(yk1_[A-Za-z0-9_-]+)</code>", made.text).group(1)
    identity = re.search(r'name="remove_key" value="([^"]+)"', mine.get("/auth/account").text).group(1)
    assert other.submit("/auth/account", "/auth/account", remove_key=identity).status_code == 303
    assert gateway.call("GET", "/auth/me", headers={"X-Api-Key": key}).status_code == 200


def test_an_application_that_is_away_can_be_tried_again(start, tmp_path):
    program = start(harness.Gateway(tmp_path, harness.settings(1)))
    page = Browser(program).get("/public/x?a=b")
    assert page.status_code == 502 and 'href="/public/x?a=b"' in page.text and "Try again" in page.text


def test_mails_and_pages_have_one_colour(gateway):
    gateway.register("colour@example.com")
    mailed(gateway, "colour@example.com", "verify")
    text = sorted((gateway.folder / "outbox").glob("*.eml"))[-1].read_text().replace("=\n", "").replace("=3D", "=")
    assert "background:#ffdd00;color:#000000" in text
