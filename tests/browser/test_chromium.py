"""The pages in headless Chromium: starts the program and lets browser.mjs walk through it.

With YETT_SHOTS=FOLDER the walk leaves pictures of all pages there; docs/pages holds them.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

import harness  # noqa: E402
import pytest  # noqa: E402
import test_websocket  # noqa: E402

MODULES = pathlib.Path(os.environ.get("YETT_BROWSER_MODULES", harness.ROOT / "build/browser"))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def echo():
    application = harness.Echo()
    yield application
    application.stop()


@pytest.fixture(scope="module")
def gateway(echo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    port = free_port()
    (folder / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
                                     '<circle cx="20" cy="20" r="18" fill="#2b5fd9"/></svg>')
    config = harness.settings(
        echo.port,
        listeners=[{"address": f"127.0.0.1:{port}", "tls": {"certificates": [
            {"chain_file": "certs/leaf.crt", "key_file": "certs/leaf.key"}]}}],
        upstreams={"app": {"servers": [f"http://127.0.0.1:{echo.port}"]},
                   "gone": {"servers": [f"http://127.0.0.1:{free_port()}"]}},
        routes=[
            {"name": "admin", "match": {"path": "/admin/**"}, "access": {"roles": ["admin"]}, "upstream": "app"},
            {"name": "gone", "match": {"path": "/gone"}, "access": "public", "upstream": "gone"},
            {"name": "few", "match": {"path": "/few"}, "access": "public", "upstream": "app", "limits": ["few"]},
            {"name": "everything", "match": {"path": "/**"}, "access": "authenticated", "upstream": "app"},
        ],
        limits={"few": {"rate": "1/1h", "algorithm": "window", "key": ["client"]}},
        tokens={"refresh_transport": "cookie", "access_transport": "cookie"},
        accounts={"require_verified_email": True,
                  "pages": {"enabled": True, "brand": "Northwind", "color": "#2b5fd9", "logo": "logo.svg"}},
        mail={"url": "file:outbox", "from": "Northwind <no-reply@example.com>", "public_url": f"https://localhost:{port}"})
    program = harness.Gateway(folder, config)
    yield program
    program.stop()


def walk(gateway, what, **more):
    """Runs one part of browser.mjs; its output says what went wrong."""
    walk_through(gateway.https, gateway.folder / "outbox", what, **more)


def walk_through(base, outbox, what, **more):
    assert (MODULES / "node_modules/playwright-core").is_dir(), f"{MODULES} has no node modules; ./dev test installs them"
    given = {"base": base, "outbox": str(outbox), "modules": str(MODULES), "what": what,
             "password": harness.PASSWORD, "shots": os.environ.get("YETT_SHOTS", ""), **more}
    done = subprocess.run(["node", str(HERE / "browser.mjs"), json.dumps(given)], capture_output=True, text=True, timeout=600)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


def readme_configuration():
    [block] = re.findall(r"```yaml\n(.*?)```", (harness.ROOT / "README.md").read_text(), re.DOTALL)
    return block


def on_this_machine(configuration, **places):
    """The same text with other addresses: each of them stands in it once."""
    for written, here in places.items():
        assert configuration.count(written) == 1, written
        configuration = configuration.replace(written, here)
    return configuration


def test_the_configuration_of_the_readme_serves_a_browser(echo, tmp_path):
    port = free_port()
    written = on_this_machine(readme_configuration(), **{
        "0.0.0.0:4443": f"127.0.0.1:{port}", "http://127.0.0.1:9000": f"http://127.0.0.1:{echo.port}"})
    for name, made in (("fullchain.pem", "leaf.crt"), ("key.pem", "leaf.key")):
        shutil.copy(harness.certificates() / made, tmp_path / name)
    with harness.Gateway(tmp_path, written + 'management: { address: "127.0.0.1:0" }\n'):
        walk_through("https://app.example.com", tmp_path / "var/outbox", "newcomer, verified by mail",
                     names=f"MAP app.example.com:443 127.0.0.1:{port}")


def test_the_demonstration_serves_a_browser(tmp_path):
    with harness.Process([harness.BINARY, "demo"], cwd=tmp_path) as demo:
        demo.wait_for("Ctrl-C ends")
        [url] = {found.group(1) for found in demo.wait_for(r"(https://\S+/) in a browser")}
        walk_through(url.rstrip("/"), tmp_path / "var/outbox", "newcomer")


def test_every_journey_goes_by_keyboard_alone(gateway):
    walk(gateway, "journey")


def test_every_journey_goes_by_keyboard_alone_and_without_javascript(gateway):
    walk(gateway, "journey without scripts")


def test_forms_in_two_tabs_are_good_at_the_same_time(gateway):
    walk(gateway, "tabs")


def test_every_page_is_accessible_in_light_and_dark_narrow_and_wide(gateway):
    walk(gateway, "sweep")


def test_a_websocket_goes_over_the_connection_of_its_page(tmp_path):
    """RFC 8441: Chromium opens it over HTTP/2 where that is offered."""
    chat = test_websocket.Chat()
    config = test_websocket.rules(chat.port)
    config["listeners"][0]["protocols"] = ["h2", "http/1.1"]
    try:
        with harness.Gateway(tmp_path, config) as program:
            walk(program, "websocket")
            for path, method in (("/open/plain", "GET"), ("/open/echo", "CONNECT")):
                line = harness.wait_until(lambda: program.log(path=path), what="the line")[0]
                assert line["protocol"] == "HTTP/2" and line["method"] == method, line
            assert program.metric("yett_websocket_closed_total", reason="client") == 1
    finally:
        chat.stop()
