"""Browsers in front of the real program: cookies, the way to the login page and back, renewal, forged requests."""

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests

import harness

ACCESS, REFRESH = "__Host-yett_access", "__Host-yett_refresh"
PAGE = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none", "Sec-Fetch-Dest": "document", "Accept": "text/html,*/*;q=0.8"}
SCRIPT = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "empty", "Accept": "*/*"}
ATTRIBUTES = "; Path=/; Max-Age={}; Secure; HttpOnly; SameSite=Lax"


def config(port, transport="cookie", **changes):
    routes = [
        {"name": "optional", "match": {"path": "/optional/**"}, "access": "optional", "upstream": "app"},
        {"name": "admin", "match": {"path": "/admin/**"}, "access": {"roles": ["admin"]}, "upstream": "app"},
        {"name": "everything", "match": {"path": "/**"}, "access": "authenticated", "upstream": "app"},
    ]
    return harness.settings(port, routes=routes, tokens={"access_transport": transport, "refresh_transport": "cookie", **changes.pop("tokens", {})}, **changes)


@pytest.fixture(scope="module")
def gateway(echo, tmp_path_factory):
    program = harness.Gateway(tmp_path_factory.mktemp("browser"), config(echo.port))
    yield program
    program.stop()


@pytest.fixture(scope="module")
def both(echo, tmp_path_factory):
    """Access tokens by header and by cookie."""
    program = harness.Gateway(tmp_path_factory.mktemp("both"), config(echo.port, "both"))
    yield program
    program.stop()


def set_cookies(reply):
    """name → (value, attributes), as they were sent; no name may come twice. The mark of a known device is left out."""
    lines = reply.raw.headers.getlist("Set-Cookie")
    found = {}
    for line in lines:
        pair, _, attributes = line.partition("; ")
        name, _, value = pair.partition("=")
        assert name not in found, lines
        if not name.endswith("_device"):
            found[name] = (value, "; " + attributes)
    return found


def sign_in(gateway, email):
    gateway.register(email)
    reply = gateway.login(email)
    assert reply.status_code == 200, reply.text
    return {name: value for name, (value, _) in set_cookies(reply).items()}


def ask(gateway, path, cookies=None, method="GET", headers=None, **more):
    """Sends exactly these cookies: no jar has a say."""
    headers = dict(SCRIPT if headers is None else headers)
    if cookies:
        headers["Cookie"] = cookies if isinstance(cookies, str) else "; ".join(f"{k}={v}" for k, v in cookies.items())
    return gateway.call(method, path, headers=headers, **more)


def aged(cookies, age, ttl=900):
    """The cookies as they are when their access token is so old."""
    claims = jwt.decode(cookies[ACCESS], options={"verify_signature": False})
    issued = int(time.time()) - age
    claims.update(iat=issued, nbf=issued, exp=issued + ttl)
    return {**cookies, ACCESS: jwt.encode(claims, harness.SECRET, algorithm="HS256", headers={"typ": "at+jwt"})}


def renewals(gateway):
    return {result: gateway.metric("yett_session_renewals_total", result=result) for result in ("renewed", "shared", "refused", "failed")}


def lasts(attributes, longest, template=ATTRIBUTES):
    """Whether the attributes are these, with an age of about `longest`: chance may shorten a token's life a little."""
    age = int(attributes.split("Max-Age=")[1].split(";")[0])
    return attributes == template.format(age) and longest * 0.97 < age <= longest


def is_deleted(reply):
    gone = ("", ATTRIBUTES.format(0))
    return set_cookies(reply) == {ACCESS: gone, REFRESH: gone}


# --- The way to the login page and back ------------------------------------------------

@pytest.mark.parametrize("headers", [PAGE, {"Sec-Fetch-Mode": "navigate"}, {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}], ids=["page", "mode", "old"])
def test_a_navigation_without_a_session_goes_to_the_login_page(gateway, headers):
    reply = ask(gateway, "/reports/7?from=a%20b&to=/x", headers=headers)
    assert reply.status_code == 302
    where = urlsplit(reply.headers["Location"])
    assert (where.scheme, where.netloc, where.path) == ("", "", "/auth/login")
    assert parse_qs(where.query) == {"next": ["/reports/7?from=a%20b&to=/x"]}
    assert reply.headers["Cache-Control"] == "no-store" and not reply.content and not set_cookies(reply)


@pytest.mark.parametrize("method,headers", [
    ("GET", {"Accept": "*/*"}), ("GET", {"Accept": "application/json"}), ("GET", SCRIPT), ("GET", {**SCRIPT, "Accept": "text/html"}),
    ("GET", {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image", "Accept": "image/*"}), ("POST", PAGE), ("HEAD", PAGE), ("OPTIONS", PAGE),
])
def test_everybody_else_is_told_401(gateway, method, headers):
    reply = ask(gateway, "/reports", method=method, headers=headers)
    assert reply.status_code == 401 and "Location" not in reply.headers
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="Yett"'


def test_the_way_back_leads_to_the_very_page(gateway):
    cookies = sign_in(gateway, "back@example.com")
    asked = "/reports/%E6%97%A5?q=%2F%2Fevil&next=https://evil.example/"
    location = ask(gateway, asked, headers=PAGE).headers["Location"]
    [back] = parse_qs(urlsplit(location).query)["next"]
    assert back == asked
    assert ask(gateway, back, cookies, headers=PAGE).json()["path"] == asked


def test_nobody_is_sent_to_a_login_page_that_is_not_there(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, config(echo.port, accounts={"pages": {"enabled": False}, "require_verified_email": False})))
    reply = ask(gateway, "/reports", headers=PAGE)
    assert reply.status_code == 401 and reply.headers["Content-Type"].startswith("text/html")


def test_programs_are_not_sent_anywhere_when_tokens_travel_by_header(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, config(echo.port, "header")))
    assert ask(gateway, "/reports", headers=PAGE).status_code == 401


def test_a_token_in_the_header_that_does_not_hold_is_told_and_sent_nowhere(both):
    assert ask(both, "/reports", headers={**PAGE, "Authorization": "Bearer x"}).status_code == 401
    assert ask(both, "/reports", headers=PAGE).status_code == 302


# --- Cookies -------------------------------------------------------------------------

def test_a_login_sets_both_cookies_and_shows_no_token_to_scripts(gateway):
    gateway.register("cookies@example.com")
    reply = gateway.login("cookies@example.com")
    sent = set_cookies(reply)
    assert set(sent) == {ACCESS, REFRESH}
    assert lasts(sent[ACCESS][1], 900) and lasts(sent[REFRESH][1], 604800)
    assert set(reply.json()) == {"expires_in", "user"}
    assert sent[ACCESS][0] not in reply.text and sent[REFRESH][0] not in reply.text


@pytest.mark.parametrize("cookie,prefix,attributes", [
    ({"secure": False}, "", "; Path=/; Max-Age={}; HttpOnly; SameSite=Lax"),
    ({"domain": "localhost"}, "__Secure-", "; Path=/; Domain=localhost; Max-Age={}; Secure; HttpOnly; SameSite=Lax"),
    ({"same_site": "strict"}, "__Host-", "; Path=/; Max-Age={}; Secure; HttpOnly; SameSite=Strict"),
    ({"same_site": "none"}, "__Host-", "; Path=/; Max-Age={}; Secure; HttpOnly; SameSite=None"),
], ids=["insecure", "domain", "strict", "none"])
def test_cookies_have_the_strongest_name_the_settings_allow(start, echo, tmp_path, cookie, prefix, attributes):
    gateway = start(harness.Gateway(tmp_path, config(echo.port, accounts={"cookie": cookie, "require_verified_email": False})))
    gateway.register("name@example.com")
    sent = set_cookies(gateway.login("name@example.com"))
    assert set(sent) == {prefix + "yett_access", prefix + "yett_refresh"}
    assert lasts(sent[prefix + "yett_access"][1], 900, attributes)
    cookies = {name: value for name, (value, _) in sent.items()}
    assert ask(gateway, "/", cookies).status_code == 200
    gone = set_cookies(ask(gateway, "/auth/logout", cookies, "POST"))
    assert gone == {name: ("", attributes.format(0)) for name in sent}
    assert ask(gateway, "/", cookies).status_code == 401


def test_the_application_sees_who_asks_and_none_of_our_cookies(gateway):
    cookies = sign_in(gateway, "seen@example.com")
    seen = ask(gateway, "/", {"theme": "dark", **cookies, "yett_access": "x", "lang": "en"}).json()["headers"]
    assert seen["X-Yett-Email"] == "seen@example.com"
    assert seen["Cookie"] == "theme=dark; lang=en"
    assert not any(cookies[name] in str(seen) for name in cookies)
    assert "Cookie" not in ask(gateway, "/", cookies).json()["headers"]


def test_look_alikes_are_nobody(gateway):
    token = sign_in(gateway, "alike@example.com")[ACCESS]
    for cookie in (f"yett_access={token}", f"__Secure-yett_access={token}", f"__host-yett_access={token}", f"={ACCESS}={token}", f"{ACCESS} ={token}",
                   f'"{ACCESS}"={token}', f"$Version=1; ${ACCESS}={token}", f"a={ACCESS}={token}", f"{ACCESS}", f"{ACCESS}="):
        assert ask(gateway, "/", cookie).status_code == 401, cookie
        assert ask(gateway, "/optional/x", cookie).json()["headers"].get("X-Yett-User") is None, cookie
    reply = ask(gateway, "/", f'{ACCESS}="{token}"')
    assert reply.status_code == 401 and is_deleted(reply)      # what is no cookie's value proves nothing


def test_tokens_are_not_accepted_in_each_others_place(gateway):
    cookies = sign_in(gateway, "place@example.com")
    assert ask(gateway, "/", {ACCESS: cookies[REFRESH]}).status_code == 401
    assert ask(gateway, "/", {REFRESH: cookies[ACCESS]}).status_code == 401
    assert ask(gateway, "/", {ACCESS: cookies[REFRESH], REFRESH: cookies[ACCESS]}).status_code == 401
    assert ask(gateway, "/", headers={"Authorization": f"Bearer {cookies[ACCESS]}"}).status_code == 401    # this gate takes cookies alone
    assert ask(gateway, "/?access_token=" + cookies[ACCESS]).status_code == 401


@pytest.mark.parametrize("cookie", [
    ACCESS + "=evil; Path=/; Secure", REFRESH + "=evil", "=" + ACCESS + "=evil", ACCESS.lower() + "=evil", "yett_access=evil", "__Secure-yett_refresh=evil; Secure",
])
def test_an_application_cannot_set_a_cookie_of_ours(start, tmp_path, cookie):
    application = start(harness.ScriptedUpstream(lambda head, _: f"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: {cookie}\r\nContent-Length: 0\r\n\r\n".encode()))
    gateway = start(harness.Gateway(tmp_path, config(application.port)))
    assert set_cookies(ask(gateway, "/optional/x")) == {"a": ("1", "; ")}


# --- Renewal ----------------------------------------------------------------------------

@pytest.mark.parametrize("state", ["near its end", "expired", "gone"])
def test_a_session_is_renewed_inside_the_request(gateway, state):
    cookies = sign_in(gateway, f"{state.replace(' ', '.')}@example.com")
    before, rotated = renewals(gateway), gateway.metric("yett_refreshes_total", result="rotated")
    old = {"near its end": aged(cookies, 700), "expired": aged(cookies, 1000), "gone": {REFRESH: cookies[REFRESH]}}[state]
    reply = ask(gateway, "/page", old, headers=PAGE)
    assert reply.status_code == 200 and reply.json()["headers"]["X-Yett-Email"].endswith("@example.com")
    sent = set_cookies(reply)
    assert lasts(sent[ACCESS][1], 900) and lasts(sent[REFRESH][1], 604800)
    assert reply.headers["Cache-Control"] == "no-store"
    new = {name: value for name, (value, _) in sent.items()}
    assert new[ACCESS] not in (cookies[ACCESS], old.get(ACCESS)) and new[REFRESH] != cookies[REFRESH]
    fresh = ask(gateway, "/page", new)
    assert fresh.status_code == 200 and not set_cookies(fresh) and "Cache-Control" not in fresh.headers
    assert renewals(gateway) == {**before, "renewed": before["renewed"] + 1}
    gateway.await_metric(rotated + 1, "yett_refreshes_total", result="rotated")


def test_a_fresh_session_is_left_alone(gateway):
    cookies = sign_in(gateway, "fresh@example.com")
    before = renewals(gateway)
    for old in (cookies, aged(cookies, 600), {ACCESS: cookies[ACCESS]}, {ACCESS: aged(cookies, 880)[ACCESS]}):
        reply = ask(gateway, "/", old)
        assert reply.status_code == 200 and not set_cookies(reply)
    assert renewals(gateway) == before


def test_however_many_tabs_ask_the_session_is_renewed_once(gateway):
    cookies = aged(sign_in(gateway, "tabs@example.com"), 1000)
    before = renewals(gateway)
    with ThreadPoolExecutor(40) as pool:
        replies = list(pool.map(lambda i: ask(gateway, f"/slow/{i % 5 * 20}", cookies, headers=PAGE), range(120)))
    assert {r.status_code for r in replies} == {200}
    sent = [set_cookies(r) for r in replies]
    assert len({s[REFRESH][0] for s in sent}) == 1                       # one successor for all
    after = renewals(gateway)
    assert after["renewed"] - before["renewed"] <= 2                     # one a worker at most
    assert sum(after.values()) - sum(before.values()) == 120
    assert after["refused"] == before["refused"] and after["failed"] == before["failed"]
    for each in sent[::20]:
        assert ask(gateway, "/", {name: value for name, (value, _) in each.items()}).status_code == 200
    assert not gateway.log(event="refresh_reused")


def test_a_renewal_is_not_lost_with_a_refusal_or_a_broken_application(start, gateway, tmp_path):
    cookies = aged(sign_in(gateway, "refused@example.com"), 1000)
    reply = ask(gateway, "/admin/x", cookies)
    assert reply.status_code == 403 and set(set_cookies(reply)) == {ACCESS, REFRESH}
    away = start(harness.Gateway(tmp_path, config(1)))
    cookies = aged(sign_in(away, "away@example.com"), 1000)
    reply = ask(away, "/", cookies)
    assert reply.status_code == 502 and set(set_cookies(reply)) == {ACCESS, REFRESH}


def test_yetts_own_endpoints_renew_as_well(gateway):
    cookies = aged(sign_in(gateway, "own@example.com"), 1000)
    reply = ask(gateway, "/auth/me", cookies)
    assert reply.json()["email"] == "own@example.com" and set(set_cookies(reply)) == {ACCESS, REFRESH}


def test_the_applications_cookies_and_headers_stay_beside_the_new_ones(start, tmp_path):
    reply = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nCache-Control: public, max-age=3600\r\nETag: \"x\"\r\nContent-Length: 0\r\n\r\n"
    application = start(harness.ScriptedUpstream(lambda head, _: reply))
    gateway = start(harness.Gateway(tmp_path, config(application.port)))
    cookies = sign_in(gateway, "beside@example.com")
    plain = ask(gateway, "/", cookies)
    assert set(set_cookies(plain)) == {"a"} and plain.headers["Cache-Control"] == "public, max-age=3600"
    renewed = ask(gateway, "/", aged(cookies, 1000))
    assert set(set_cookies(renewed)) == {"a", ACCESS, REFRESH}
    assert renewed.headers["Cache-Control"] == "no-store" and renewed.headers["ETag"] == '"x"'


def test_one_session_does_not_become_another(gateway):
    ada, eve = sign_in(gateway, "ada.own@example.com"), sign_in(gateway, "eve@example.com")
    reply = ask(gateway, "/", {ACCESS: aged(ada, 800)[ACCESS], REFRESH: eve[REFRESH]})
    assert reply.json()["headers"]["X-Yett-Email"] == "ada.own@example.com" and not set_cookies(reply)


def test_a_session_that_is_over_is_forgotten_and_asked_for_again(gateway):
    cookies = sign_in(gateway, "over@example.com")
    assert is_deleted(ask(gateway, "/auth/logout", cookies, "POST"))
    for old in (cookies, aged(cookies, 800), aged(cookies, 1000), {REFRESH: cookies[REFRESH]}, {ACCESS: cookies[ACCESS]}):
        told = ask(gateway, "/x", old)
        assert told.status_code == 401 and told.json()["code"] == "unauthenticated" and is_deleted(told)
        sent = ask(gateway, "/x", old, headers=PAGE)
        assert sent.status_code == 302 and sent.headers["Location"] == "/auth/login?next=/x" and is_deleted(sent)
        anonymous = ask(gateway, "/optional/x", old)
        assert anonymous.status_code == 200 and "X-Yett-User" not in anonymous.json()["headers"]


def test_a_forged_cookie_is_refused_also_where_nobody_has_to_be_known(gateway):
    cookies = sign_in(gateway, "forged@example.com")
    forged = cookies[ACCESS][:-4] + ("AAAA" if cookies[ACCESS][-4:] != "AAAA" else "BBBB")
    assert ask(gateway, "/optional/x", {ACCESS: forged}).status_code == 401
    assert ask(gateway, "/optional/x", {ACCESS: "x"}).status_code == 401
    assert ask(gateway, "/x", {ACCESS: forged}, headers=PAGE).status_code == 302


# --- Forged requests -----------------------------------------------------------------

def origin_of(gateway):
    return {"Origin": gateway.https}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_changes_something_needs_our_own_origin(gateway, method):
    cookies = sign_in(gateway, "csrf@example.com")
    for fine in ({"Sec-Fetch-Site": "same-origin"}, origin_of(gateway)):
        assert ask(gateway, "/", cookies, method, fine).status_code == 200
    for foreign in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
                    {"Origin": gateway.https.replace("https", "http")}, {"Origin": "https://localhost"}, {"Sec-Fetch-Site": "cross-site", **origin_of(gateway)}):
        reply = ask(gateway, "/", cookies, method, foreign)
        assert (reply.status_code, reply.json()["code"]) == (403, "csrf_rejected"), foreign
        assert ask(gateway, "/optional/x", cookies, method, foreign).status_code == 403


def test_a_foreign_page_cannot_even_renew_a_session(gateway):
    cookies = aged(sign_in(gateway, "renew.csrf@example.com"), 1000)
    before = renewals(gateway)
    reply = ask(gateway, "/", cookies, "POST", {"Sec-Fetch-Site": "cross-site"})
    assert reply.status_code == 403 and not set_cookies(reply) and renewals(gateway) == before


def test_a_link_on_a_foreign_page_works(gateway):
    cookies = sign_in(gateway, "link@example.com")
    assert ask(gateway, "/", cookies, headers={**PAGE, "Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_a_foreign_page_cannot_open_a_websocket(gateway):
    cookies = sign_in(gateway, "socket@example.com")
    shake = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    for foreign in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert ask(gateway, "/", cookies, headers={**shake, **foreign}).status_code == 403
    assert ask(gateway, "/", cookies, headers={**shake, **origin_of(gateway)}).status_code != 403


def test_a_foreign_page_cannot_log_anybody_in_or_out(gateway):
    gateway.register("victim@example.com")
    form = {"username": "victim@example.com", "password": harness.PASSWORD}
    for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        reply = ask(gateway, "/auth/login", method="POST", headers=foreign, data=form)
        assert (reply.status_code, reply.json()["code"]) == (403, "csrf_rejected") and not set_cookies(reply)
    for fine in ({}, {"Sec-Fetch-Site": "same-origin"}, origin_of(gateway)):
        reply = ask(gateway, "/auth/login", method="POST", headers=fine, data=form)
        assert reply.status_code == 200 and set(set_cookies(reply)) == {ACCESS, REFRESH}
    cookies = {name: value for name, (value, _) in set_cookies(reply).items()}
    for foreign in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        for sent in (cookies, {ACCESS: cookies[ACCESS]}, {REFRESH: cookies[REFRESH]}):
            assert ask(gateway, "/auth/logout", sent, "POST", foreign).status_code == 403
    assert ask(gateway, "/", cookies).status_code == 200


def test_a_login_begins_a_new_session_and_ends_the_one_the_browser_had(gateway):
    first = sign_in(gateway, "fixed@example.com")
    planted = {ACCESS: "planted", REFRESH: "planted"}
    for had in (planted, first):
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in had.items()), **SCRIPT}
        reply = gateway.call("POST", "/auth/login", headers=headers, json={"email": "fixed@example.com", "password": harness.PASSWORD})
        assert reply.status_code == 200
        new = {name: value for name, (value, _) in set_cookies(reply).items()}
        assert not set(new.values()) & {*had.values()}
        assert ask(gateway, "/", new).status_code == 200
    assert ask(gateway, "/", first).status_code == 401
    assert ask(gateway, "/", {REFRESH: first[REFRESH]}).status_code == 401


def test_a_login_ends_a_session_that_only_its_access_cookie_names(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, config(echo.port, tokens={"refresh_transport": "body"})))
    first = sign_in(gateway, "body@example.com")
    assert set(first) == {ACCESS} and ask(gateway, "/", first).status_code == 200
    headers = {"Cookie": f"{ACCESS}={first[ACCESS]}", **SCRIPT}
    assert gateway.call("POST", "/auth/login", headers=headers, json={"email": "body@example.com", "password": harness.PASSWORD}).status_code == 200
    assert ask(gateway, "/", first).status_code == 401


# --- Several cookies of one name -----------------------------------------------------------

DOMAIN = {"accounts": {"cookie": {"domain": "localhost"}, "require_verified_email": False}}
OURS = {"access": "__Secure-yett_access", "refresh": "__Secure-yett_refresh"}


@pytest.fixture(scope="module")
def shared(echo, tmp_path_factory):
    """A gateway whose cookies go to all hosts of a domain, so that there may be others of their names."""
    program = harness.Gateway(tmp_path_factory.mktemp("shared"), config(echo.port, **DOMAIN))
    yield program
    program.stop()


def lines_about(reply, name):
    """What the reply says of one cookie, in its order: ("" or the value, "" or the domain)."""
    lines = [line for line in reply.raw.headers.getlist("Set-Cookie") if line.startswith(name + "=")]
    domain = lambda line: next((part[7:] for part in line.split("; ") if part.startswith("Domain=")), "")
    return [(line.split(";")[0].partition("=")[2], domain(line)) for line in lines]


def everywhere(*behind):
    """Deleted for this host, then for the domain, and what comes behind that."""
    return lambda lines: lines[0] == ("", "") and ("", "localhost") in lines and lines[-len(behind):] == list(behind) if behind else set(lines) == {("", ""), ("", "localhost")}


@pytest.mark.parametrize("other", ["x", "", "eyJhbGciOiJIUzI1NiJ9.e30.x"], ids=["garbage", "empty", "a token of somebody else"])
@pytest.mark.parametrize("first", [True, False], ids=["before it", "behind it"])
def test_of_several_access_cookies_the_one_that_verifies_counts(shared, other, first):
    cookies = sign_in(shared, "several@example.com")
    good, bad = f'{OURS["access"]}={cookies[OURS["access"]]}', f'{OURS["access"]}={other}'
    for headers in (SCRIPT, PAGE):
        reply = ask(shared, "/", "; ".join([bad, good] if first else [good, bad]), headers=headers)
        assert reply.status_code == 200 and reply.json()["headers"]["X-Yett-Email"] == "several@example.com"
        if other:
            assert everywhere((cookies[OURS["access"]], "localhost"))(lines_about(reply, OURS["access"]))
            assert reply.headers["Cache-Control"] == "no-store"


def test_two_access_cookies_of_different_sessions_are_refused_and_deleted(shared):
    ada, eve = sign_in(shared, "ada.two@example.com"), sign_in(shared, "eve.two@example.com")
    both_of_them = f'{OURS["access"]}={ada[OURS["access"]]}; {OURS["access"]}={eve[OURS["access"]]}'
    for headers in (SCRIPT, PAGE):
        reply = ask(shared, "/", both_of_them, headers=headers)
        assert reply.status_code == 401 and everywhere()(lines_about(reply, OURS["access"]))
    assert ask(shared, "/", ada).status_code == 200


def test_two_of_one_session_are_one_session(shared):
    """A sibling: what a renewal left behind where the domain was another before."""
    cookies = sign_in(shared, "same@example.com")
    older = aged({ACCESS: cookies[OURS["access"]]}, 300)[ACCESS]
    reply = ask(shared, "/", f'{OURS["access"]}={older}; {OURS["access"]}={cookies[OURS["access"]]}')
    assert reply.status_code == 200
    assert lines_about(reply, OURS["access"])[-1] == (cookies[OURS["access"]], "localhost")


def test_where_none_verifies_all_are_deleted_and_the_login_begins_anew(shared):
    """A sibling: the production's cookie and one that has ended."""
    sent = ask(shared, "/x", f'{OURS["access"]}=x; {OURS["access"]}=y', headers=PAGE)
    assert sent.status_code == 302 and everywhere(("", "localhost"))(lines_about(sent, OURS["access"]))


def test_an_older_refresh_cookie_beside_its_successor_is_no_reuse(shared):
    first = sign_in(shared, "older@example.com")[OURS["refresh"]]
    renewed = ask(shared, "/", {OURS["refresh"]: first})
    second = set_cookies(renewed)[OURS["refresh"]][0]
    third = set_cookies(ask(shared, "/", {OURS["refresh"]: second}))[OURS["refresh"]][0]
    reply = ask(shared, "/", f'{OURS["refresh"]}={first}; {OURS["refresh"]}={third}; {OURS["refresh"]}=x')
    assert reply.status_code == 200 and reply.json()["headers"]["X-Yett-Email"] == "older@example.com"
    lines = lines_about(reply, OURS["refresh"])
    assert ("", "") in lines and ("", "localhost") in lines
    assert lines[-1][1] == "localhost" and lines[-1][0] not in ("", first, third)
    assert ask(shared, "/", {OURS["refresh"]: lines[-1][0]}).status_code == 200
    assert not shared.log(event="refresh_reused")


def test_the_refresh_endpoint_chooses_alike(shared):
    """A sibling, for scripts that renew by themselves."""
    first = sign_in(shared, "endpoint@example.com")[OURS["refresh"]]
    second = set_cookies(ask(shared, "/", {OURS["refresh"]: first}))[OURS["refresh"]][0]
    third = set_cookies(ask(shared, "/", {OURS["refresh"]: second}))[OURS["refresh"]][0]
    reply = ask(shared, "/auth/refresh", f'{OURS["refresh"]}={first}; {OURS["refresh"]}={third}', "POST")
    assert reply.status_code == 200 and lines_about(reply, OURS["refresh"])[-1][0] not in ("", first, third)
    assert not shared.log(event="refresh_reused")


def test_two_refresh_cookies_of_different_sessions_are_refused_and_none_is_spent(shared):
    ada, eve = sign_in(shared, "ada.three@example.com"), sign_in(shared, "eve.three@example.com")
    reply = ask(shared, "/", f'{OURS["refresh"]}={ada[OURS["refresh"]]}; {OURS["refresh"]}={eve[OURS["refresh"]]}')
    assert reply.status_code == 401 and everywhere()(lines_about(reply, OURS["refresh"]))
    for one in (ada, eve):
        assert ask(shared, "/", {OURS["refresh"]: one[OURS["refresh"]]}).status_code == 200


def test_an_older_refresh_cookie_without_its_successor_is_told_as_ever(shared):
    """A sibling: garbage beside a stolen token hides nothing."""
    first = sign_in(shared, "stolen@example.com")[OURS["refresh"]]
    second = set_cookies(ask(shared, "/", {OURS["refresh"]: first}))[OURS["refresh"]][0]
    ask(shared, "/", {OURS["refresh"]: second})
    # At the endpoint: requests that a worker renews share what it got a moment ago.
    assert ask(shared, "/auth/refresh", f'{OURS["refresh"]}=x; {OURS["refresh"]}={first}', "POST").status_code == 401
    harness.wait_until(lambda: shared.log(event="refresh_reused"), what="the audit line")


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_a_login_works_beside_any_cookies_and_ends_the_sessions_they_name(shared, kind):
    had = sign_in(shared, f"any.{kind}@example.com"), sign_in(shared, f"other.{kind}@example.com")
    headers = {"Cookie": "; ".join(f"{OURS[kind]}={one[OURS[kind]]}" for one in had) + f"; {OURS[kind]}=planted", **SCRIPT}
    reply = shared.call("POST", "/auth/login", headers=headers, json={"email": f"any.{kind}@example.com", "password": harness.PASSWORD})
    assert reply.status_code == 200
    lines = lines_about(reply, OURS[kind])
    assert ("", "") in lines and lines[-1][0] not in ("", "planted") and lines[-1][1] == "localhost"
    for one in had:
        assert ask(shared, "/", {OURS["access"]: one[OURS["access"]]}).status_code == 401


@pytest.mark.parametrize("rest", ["", "x"], ids=["two sessions", "and garbage"])
def test_logging_out_works_with_any_cookies_and_ends_what_they_name(shared, rest):
    had = sign_in(shared, "out.a@example.com"), sign_in(shared, "out.b@example.com")
    cookie = "; ".join(f"{name}={one[name]}" for one in had for name in one) + "".join(f"; {name}={rest}" for name in OURS.values())
    reply = ask(shared, "/auth/logout", cookie, "POST")
    assert reply.status_code == 204
    for name in OURS.values():
        assert {("", ""), ("", "localhost")} == set(lines_about(reply, name))
    for one in had:
        assert ask(shared, "/", one).status_code == 401


def test_logging_out_with_cookies_that_name_nobody_deletes_them(gateway):
    """A sibling: the session ended elsewhere, or the store has forgotten it."""
    for cookies in ({ACCESS: "x"}, {REFRESH: "x"}, {ACCESS: "x", REFRESH: "y"}):
        reply = ask(gateway, "/auth/logout", cookies, "POST")
        assert reply.status_code == 204 and is_deleted(reply), cookies
    assert ask(gateway, "/auth/logout", None, "POST").status_code == 401


@pytest.mark.parametrize("around", ['x="; {}; y="', 'x="; {}', '{}; y="', 'x="a\\"b; {}', 'x=a"b; {}'])
def test_a_torn_quote_of_a_sibling_locks_nobody_out(gateway, around):
    cookies = sign_in(gateway, "torn@example.com")
    reply = ask(gateway, "/", around.format(f"{ACCESS}={cookies[ACCESS]}"))
    assert reply.status_code == 200 and reply.json()["headers"]["X-Yett-Email"] == "torn@example.com"
    assert ACCESS not in reply.json()["headers"]["Cookie"]


def test_a_name_of_its_own_keeps_a_gateway_out_of_its_neighbours_way(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, config(echo.port, accounts={"cookie": {"name": "staging"}, "require_verified_email": False})))
    gateway.register("staging@example.com")
    reply = gateway.login("staging@example.com")
    assert all(cookie.name.startswith("__Host-staging_") for cookie in reply.cookies)
    sent = {name: value for name, (value, _) in set_cookies(reply).items()}
    assert set(sent) == {"__Host-staging_access", "__Host-staging_refresh"}
    seen = ask(gateway, "/", {**sent, "__Secure-yett_access": "of production", "theme": "dark"})
    assert seen.status_code == 200 and seen.json()["headers"]["Cookie"] == "theme=dark" and not set_cookies(seen)
    form = gateway.call("GET", "/auth/login", headers=PAGE)
    assert set(set_cookies(form)) == {"__Host-staging_form"}


# --- Header and cookie --------------------------------------------------------------------

def test_header_and_cookie_may_both_name_the_session_but_not_two(both):
    ada, eve = sign_in(both, "ada.both@example.com"), sign_in(both, "eve.both@example.com")
    bearer = {"Authorization": f"Bearer {ada[ACCESS]}"}
    for cookie in (ada[ACCESS], aged(ada, 10)[ACCESS], aged(ada, 1000)[ACCESS]):
        assert ask(both, "/", {ACCESS: cookie}, headers=bearer).status_code == 200
    for cookie in (eve[ACCESS], "x", ada[ACCESS][:-4] + "AAAA"):
        reply = ask(both, "/", {ACCESS: cookie}, headers=bearer)
        assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")
    assert ask(both, "/", {ACCESS: ada[ACCESS]}, "POST", bearer).status_code == 200     # no foreign page can send the header
    assert ask(both, "/", {ACCESS: ada[ACCESS]}, "POST", {}).status_code == 403


def test_with_both_ways_a_login_shows_the_token_and_sets_the_cookie(both):
    both.register("ways@example.com")
    reply = both.login("ways@example.com")
    assert reply.json()["access_token"] == set_cookies(reply)[ACCESS][0] and reply.json()["token_type"] == "bearer"
    assert both.call("GET", "/", reply.json()["access_token"]).status_code == 200


def test_a_header_is_never_renewed(both):
    cookies = sign_in(both, "header@example.com")
    old = aged(cookies, 1000)[ACCESS]
    assert ask(both, "/", {REFRESH: cookies[REFRESH]}, headers={"Authorization": f"Bearer {old}"}).status_code == 401
    near = ask(both, "/", {REFRESH: cookies[REFRESH]}, headers={"Authorization": f"Bearer {aged(cookies, 800)[ACCESS]}"})
    assert near.status_code == 200 and not set_cookies(near)


# --- Raw bytes ---------------------------------------------------------------------------

def test_cookies_are_found_over_several_fields_and_cut_out_of_all(start, tmp_path):
    application = start(harness.ScriptedUpstream())
    gateway = start(harness.Gateway(tmp_path, config(application.port, accounts={"cookie": {"secure": False}, "require_verified_email": False})))
    gateway.register("raw@example.com")
    sent = {name: value for name, (value, _) in set_cookies(gateway.login("raw@example.com")).items()}
    lines = f"Cookie: a=1; yett_refresh={sent['yett_refresh']}\r\nX-Y: z\r\ncookie: yett_access={sent['yett_access']}; b=2\r\nCookie: yett_refresh_x=3\r\n"
    with gateway.raw() as connection:
        connection.send(f"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n".encode())
        assert connection.read_all().startswith(b"HTTP/1.1 200")
    assert harness.header_values(application.heads[-1], "Cookie") == [b"a=1; b=2; yett_refresh_x=3"]
