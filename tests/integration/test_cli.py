"""The command line, as an operator meets it."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import tempfile
import time

import jwt
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa

import harness

SAMPLES = harness.ROOT / "config/samples"
LATER = 4102444800


def yett(*args, cwd=None, stdin="", env=None):
    return subprocess.run([harness.BINARY, *map(str, args)], cwd=cwd, input=stdin, env={**os.environ, **(env or {})},
                          capture_output=True, text=True, timeout=60)


def write(folder, config):
    file = folder / "yett.yaml"
    file.write_text(config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False))
    return file


# --- check --------------------------------------------------------------------------

BROKEN = """version: 1
workers: many
nonsense: 1
listeners:
  - address: 127.0.0.1:0
    tls: { certificates: [{ chain_file: certs/none.crt, key_file: certs/none.key }] }
upstreams:
  app: { servers: ["ftp://127.0.0.1:9000"] }
routes:
  - name: everything
    match: { path: "/**" }
    access: sometimes
    upstream: other
    limits: [unheard_of]
  - name: everything
    match: { path: "/**" }
    access: public
    upstream: app
limits:
  tight: { rate: 5 per minute, key: [nobody] }
tokens: { algorithm: HS256, secret: "short", access_ttl: 15 }
storage: { url: "postgresql://db" }
accounts: { require_verified_email: false }
"""

COMPLAINTS = [(2, "workers"), (3, "nonsense"), (6, "listeners[0].tls.certificates[0].chain_file"),
              (6, "listeners[0].tls.certificates[0].key_file"), (8, "upstreams.app.servers"), (12, "routes[0].access"), (13, "routes[0].upstream"),
              (14, "routes[0].limits"), (15, "routes[1].name"), (20, "limits.tight.rate"), (20, "limits.tight.key"),
              (21, "tokens.secret"), (21, "tokens.access_ttl"), (22, "storage.url")]


@pytest.mark.parametrize("verb", ["check", "run"])
def test_every_complaint_at_once_with_its_place(tmp_path, verb):
    file = write(tmp_path, BROKEN)
    done = yett(verb, file)
    assert done.returncode == 78 and not done.stdout
    told = [re.match(rf"{re.escape(str(file))}:(\d+):(\d+): (\S+?): .{{8,}}", line) for line in done.stderr.splitlines()]
    assert all(told), done.stderr
    places = [(int(m[1]), m[3]) for m in told]
    for line, path in COMPLAINTS:
        assert any(at == line and where.startswith(path) for at, where in places), (line, path, done.stderr)
    assert [at for at, _ in places] == sorted(at for at, _ in places)
    lines = BROKEN.splitlines()
    for m in told:
        assert 1 <= int(m[2]) <= len(lines[int(m[1]) - 1]), m[0]


@pytest.mark.parametrize("text", ["", "version: 1", "version: 2\n", "[]", "version: 1\nversion: 1\n", "a: [", "version: 1\n---\nversion: 1\n", "\t", "\0", "&a [*a]"])
def test_what_is_no_configuration_is_said_so(tmp_path, text):
    done = yett("check", write(tmp_path, text))
    assert done.returncode == 78 and re.search(r"yett\.yaml:\d+:\d+: ", done.stderr), done.stderr
    assert yett("check", tmp_path / "absent.yaml").returncode == 78


@pytest.mark.parametrize("path", ["no slash", "/a/../b", "/a//b", "/**/b", "/%zz", ""])
def test_rules_that_can_never_match_are_complaints(tmp_path, path):
    config = harness.settings(9, listeners=[{"address": "127.0.0.1:0"}])
    config["routes"][0]["match"]["path"] = path
    done = yett("check", write(tmp_path, config))
    assert done.returncode == 78 and re.search(r"yett\.yaml:\d+:\d+: routes(\[0\]|\.public)\.match", done.stderr), done


def test_limits_that_cannot_be_counted_are_complaints(tmp_path):
    for limit in ({"rate": "2001/1m", "algorithm": "window"}, {"rate": "4294967297/1s"}, {"rate": "1/1s", "key": ["client", "user", "route", "token", "account"]}):
        done = yett("check", write(tmp_path, harness.settings(9, listeners=[{"address": "127.0.0.1:0"}], limits={"login": limit})))
        assert done.returncode == 78 and re.search(r"yett\.yaml:\d+:\d+: limits\.login", done.stderr), done


def test_what_cannot_be_built_is_no_fine_configuration(tmp_path):
    plain = {"listeners": [{"address": "127.0.0.1:0"}]}
    many = {f"l{i}": {"rate": "1/1s"} for i in range(9)}
    for change in ({"identity_headers": {"set": {"Proxy-Authorization": "sub"}}}, {"limits": many}):
        config = harness.settings(9, **plain, **change)
        if "limits" in change:
            config["routes"][0]["limits"] = list(many)
        for verb in ("check", "run"):
            assert yett(verb, write(tmp_path, config)).returncode == 78


def test_every_sample_passes(tmp_path):
    shutil.copytree(SAMPLES, tmp_path, dirs_exist_ok=True)
    assert yett("dev-certs", tmp_path / "certs/dev").returncode == 0
    key = rsa.generate_private_key(65537, 2048)
    (tmp_path / "idp.jwks.json").write_text(json.dumps({"keys": [jwk_of(key)]}))
    samples = sorted(tmp_path.glob("*.yaml"))
    assert len(samples) >= 3
    for sample in samples:
        done = yett("check", sample, env={"JWT_SECRET_KEY": "a test's secret, which is long enough"})
        assert done.returncode == 0 and not done.stderr, done.stderr


@pytest.fixture
def installed(tmp_path):
    """deploy/yett.yaml with all it names, below a folder that stands for the root."""
    etc, state, log = tmp_path / "etc", tmp_path / "state", tmp_path / "log"
    shutil.copytree(harness.certificates(), etc / "tls")
    for name, made in (("chain.pem", "leaf.crt"), ("key.pem", "leaf.key")):
        (etc / "tls" / made).rename(etc / "tls" / name)
    (etc / "mail.url").write_text("smtp://127.0.0.1:9\n")
    (etc / "mail.url").chmod(0o600)
    state.mkdir()
    log.mkdir()
    text = (harness.ROOT / "deploy/yett.yaml").read_text().replace("/var/log/yett", str(log))
    text = text.replace("/etc/yett", str(etc)).replace("/var/lib/yett", str(state)).replace("[::]:4443", "127.0.0.1:0")
    (etc / "yett.yaml").write_text(text.replace("management:", "management:\n  address: 127.0.0.1:0"))
    return etc, state


def test_the_configuration_of_the_service_is_whole_and_writes_nothing_beside_itself(installed):
    etc, state = installed
    done = yett("check", etc / "yett.yaml")
    assert done.returncode == 0 and not done.stderr, done.stderr
    before = sorted(etc.rglob("*"))
    with harness.Process([harness.BINARY, "run", etc / "yett.yaml"], cwd=state) as program:
        program.wait_for("ready")
        assert yett("users", "add", "ada@example.com", "--no-password", "--config", etc / "yett.yaml", cwd=etc).stderr == ""
    assert sorted(etc.rglob("*")) == before
    assert (state / "yett.db").exists()


def test_a_missing_secret_names_the_variable(tmp_path):
    shutil.copy(SAMPLES / "minimal.yaml", tmp_path / "yett.yaml")
    environment = {k: v for k, v in os.environ.items() if k != "JWT_SECRET_KEY"}
    done = subprocess.run([harness.BINARY, "check", tmp_path / "yett.yaml"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 78 and "JWT_SECRET_KEY" in done.stderr


def test_a_secret_that_others_can_read_is_refused(tmp_path):
    file = tmp_path / "jwt.secret"
    file.write_text("a test's secret, which is long enough\n")
    config = harness.settings(9)
    del config["listeners"][0], config["tokens"]["secret"]
    config["tokens"]["secret_file"] = "jwt.secret"
    for mode, status in ((0o644, 78), (0o640, 78), (0o600, 0)):
        file.chmod(mode)
        done = yett("check", write(tmp_path, config))
        assert done.returncode == status, (oct(mode), done.stderr)
        assert status == 0 or "jwt.secret" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to root")
@pytest.mark.parametrize("owner,mode,status", [(0, 0o640, 0), (0, 0o440, 0), (0, 0o644, 78), (65532, 0o640, 78), (65532, 0o600, 0)])
def test_a_secret_of_roots_may_be_for_the_group_of_the_program(owner, mode, status):
    with tempfile.TemporaryDirectory() as folder:
        config = harness.settings(9)
        del config["listeners"][0], config["tokens"]["secret"]
        config["tokens"]["secret_file"] = "jwt.secret"
        file = write(pathlib.Path(folder), config)
        secret = file.parent / "jwt.secret"
        secret.write_text("a test's secret, which is long enough\n")
        os.chown(secret, owner, 65532)
        secret.chmod(mode)
        file.parent.chmod(0o755)
        done = subprocess.run([harness.BINARY, "check", file], user=65532, group=65532, extra_groups=[], capture_output=True, text=True)
        assert done.returncode == status, done.stderr
        assert status == 0 or "jwt.secret can be read by others" in done.stderr


# --- explain --------------------------------------------------------------------------

@pytest.fixture(scope="module")
def site(echo, tmp_path_factory):
    """A folder with a configuration and a store in which one user has a role."""
    folder = tmp_path_factory.mktemp("site")
    gateway = harness.Gateway(folder, harness.settings(echo.port))
    try:
        for email in ("boss@example.com", "ada@example.com"):
            assert gateway.register(email).status_code == 201
    finally:
        gateway.stop()
    with sqlite3.connect(folder / "yett.db") as database:
        database.execute("UPDATE users SET roles = '[\"admin\"]' WHERE email = 'boss@example.com'")
    return folder


@pytest.mark.parametrize("question,status,words", [
    (["--path", "/admin/x"], 1, ["> admin", "refused", "unauthenticated"]),
    (["--path", "/admin/x", "--as", "ada@example.com"], 1, ["found in the store", "> admin", "refused", "forbidden"]),
    (["--path", "/admin/x", "--as", "boss@example.com"], 0, ["found in the store", "> admin", "permitted"]),
    (["--path", "/admin/x", "--as", "new@example.com", "--role", "admin"], 0, ["> admin", "permitted"]),
    (["--path", "/other", "--as", "ada@example.com"], 0, ["> everything", "permitted", "path is not /admin/**"]),
    (["--path", "/public/x"], 0, ["> public", "permitted"]),
    (["--path", "/auth/login", "--method", "POST"], 0, ["> POST /auth/login", "permitted"]),
])
def test_explain_names_the_rule(site, question, status, words):
    done = yett("explain", "yett.yaml", *question, cwd=site)
    assert done.returncode == status, done.stdout + done.stderr
    for word in words:
        assert word in done.stdout, done.stdout
    rule = next(line for line in done.stdout.splitlines() if line.startswith("> "))
    assert "/auth" in rule or re.search(r"yett\.yaml:\d+", rule), rule


WITH_FIELDS = {"X-Api-Version": "2"}


@pytest.fixture(scope="module")
def changing(tmp_path_factory):
    """A folder with rules that change fields, take tokens from a field of their own, or send them on."""
    folder = tmp_path_factory.mktemp("changing")
    (folder / "certs").symlink_to(harness.certificates())
    rule = lambda name, access="authenticated", **more: {"name": name, "match": {"path": f"/{name}/**"}, "access": access, "upstream": "app", **more}
    write(folder, harness.settings(9, routes=[
        rule("changed", request_headers={"pass": ["X-HTTP-Method-Override", "my_field"], "set": WITH_FIELDS, "remove": ["X-Debug"]}),
        rule("field", access_header="X-Caller"), rule("sent", forward_credentials=True), rule("open", "public"), rule("closed")]))
    return folder


OURS = "Authorization: Token " + jwt.encode({"iss": "https://auth.example.com", "sub": "u"}, "k" * 32, "HS256")


@pytest.mark.parametrize("path,header,told", [
    ("/closed/x", "X-Mine: 1", "X-Mine passes"),
    ("/closed/x", "X-Yett-User: ada", "X-Yett-User does not pass: tells of an identity"),
    ("/closed/x", "X-WEBAUTH-USER", "X-WEBAUTH-USER passes from trusted_proxies alone: tells of an identity"),
    ("/closed/x", "CF-Connecting-IP", "CF-Connecting-IP passes from trusted_proxies alone: tells of the way"),
    ("/closed/x", "X-HTTP-Method-Override", "X-HTTP-Method-Override does not pass: would tell of another request"),
    ("/closed/x", "my_field", "my_field does not pass: other servers read"),
    ("/closed/x", "TE", "TE does not pass: belongs to the connection"),
    ("/closed/x", "X-Middleware-Subrequest", "does not pass: steers the server"),
    ("/closed/x", "Authorization: Bearer x.y.z", "does not pass: a Bearer is for Yett"),
    ("/open/x", "Authorization: Bearer opaque", "Authorization passes"),
    ("/open/x", OURS, "does not pass: holds a credential of Yett"),
    ("/sent/x", "Authorization: Bearer x.y.z", "passes: once it is proved, by forward_credentials"),
    ("/field/x", "X-Caller: x.y.z", "does not pass: brings the access token"),
    ("/changed/x", "X-HTTP-Method-Override: PUT", "X-HTTP-Method-Override passes: request_headers.pass"),
    ("/changed/x", "my_field", "my_field passes: request_headers.pass"),
    ("/changed/x", "X-Debug", "does not pass: request_headers of the rule"),
    ("/changed/x", "X-Mine", "X-Api-Version set by the rule: X-Api-Version: 2"),
])
def test_explain_says_which_fields_reach_the_application(changing, path, header, told):
    done = yett("explain", "yett.yaml", "--path", path, "--header", header, cwd=changing)
    assert done.stderr == "" and told in " ".join(done.stdout.split()), done.stdout


def test_sibling_explain_passes_fields_through_the_gate_and_knows_our_own_endpoints(changing):
    ask = lambda *words: yett("explain", "--path", *words, cwd=changing)
    twice = ask("/open/x", "--header", "Content-Length: 1", "--header", "Content-Length: 2")
    assert twice.returncode == 1 and "refused: the head" in twice.stdout, twice.stdout
    assert "refused: the head" in ask("/open/x", "--header", "X A: 1").stdout
    ours = ask("/auth/login", "--method", "POST", "--header", "X-Mine")
    assert ours.returncode == 0 and "no header reaches an application" in ours.stdout
    nominated = ask("/open/x", "--header", "Connection: X-Mine", "--header", "X-Mine: 1", "yett.yaml")
    assert "X-Mine does not pass: Connection names it" in " ".join(nominated.stdout.split()), nominated.stdout + nominated.stderr


# --- token verify ---------------------------------------------------------------------

def jwk_of(key, kid="k1"):
    return {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "alg": "RS256", "use": "sig"}


def test_token_verify_tells_claims_or_the_code(tmp_path):
    key, other = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [jwk_of(key)]}))
    claims = {"iss": "https://idp.example", "aud": "api", "sub": "u1", "iat": int(time.time()) - 10, "exp": LATER}

    def ask(token, *more, jwks="keys.json"):
        return yett("token", "verify", "--jwks", jwks, *more, cwd=tmp_path, stdin=token)

    def token(by=key, kid="k1", **changes):
        return jwt.encode({k: v for k, v in {**claims, **changes}.items() if v is not None}, by, "RS256", headers={"kid": kid})

    for text in (token(), token() + "\n"):
        done = ask(text)
        assert done.returncode == 0 and json.loads(done.stdout) == claims and done.stderr == ""
    assert ask(token(), "--issuer", "https://idp.example", "--audience", "api").returncode == 0
    for wrong, code in [((token(exp=1700000000),), "token_expired"), ((token(nbf=LATER - 1),), "token_not_yet_valid"), ((token(by=other),), "token_untrusted"),
                        ((token(kid="k2"),), "token_untrusted"), ((token(), "--issuer", "https://other.example"), "token_wrong_issuer"),
                        ((token(), "--audience", "other"), "token_wrong_audience"), (("a.b.c",), "token_malformed"), (("",), "token_malformed"),
                        ((jwt.encode(claims, "", "none"),), "token_untrusted"), ((token(exp=None),), "token_malformed")]:
        done = ask(*wrong)
        assert done.returncode == 1, (wrong, done)
        assert done.stdout == code + "\n", (code, done.stdout)
        assert done.stderr.strip(), "a word on why"
    absent = ask(token(), jwks="absent.json")
    assert absent.returncode not in (0, 1) and "absent.json" in absent.stderr
    assert yett("token", "verify", stdin="x").returncode not in (0, 1)


# --- Starting and stopping ----------------------------------------------------------

def test_version_and_help():
    assert re.match(r"yett \d+\.\d+\.\d+ \(.+\)\n$", yett("version").stdout)
    assert "run" in yett("--help").stdout
    for wrong in ([], ["no-such-verb"], ["run", "a", "b"], ["explain"]):
        done = yett(*wrong)
        assert done.returncode not in (0, 69, 78) and done.stderr, wrong


def test_dev_certs_keep_what_is_good(tmp_path):
    first = yett("dev-certs", "certs", cwd=tmp_path)
    assert first.returncode == 0 and all((tmp_path / line).exists() for line in first.stdout.split())
    before = {f.name: f.read_bytes() for f in (tmp_path / "certs").iterdir()}
    assert {"ca.crt", "leaf.crt", "leaf.key"} <= set(before)
    for name in before:
        if name.endswith(".key"):
            assert stat.S_IMODE((tmp_path / "certs" / name).stat().st_mode) == 0o600
    assert yett("dev-certs", "certs", cwd=tmp_path).stdout == first.stdout
    assert {f.name: f.read_bytes() for f in (tmp_path / "certs").iterdir()} == before
    (tmp_path / "certs/leaf.crt").unlink()
    assert yett("dev-certs", "certs", cwd=tmp_path).returncode == 0
    assert (tmp_path / "certs/ca.crt").read_bytes() == before["ca.crt"] and (tmp_path / "certs/leaf.crt").exists()
    (tmp_path / "taken").write_text("a file")
    refused = yett("dev-certs", "taken", cwd=tmp_path)
    assert refused.returncode not in (0, 1) and "taken" in refused.stderr


@pytest.mark.parametrize("damage", ["absent chain", "absent key", "garbage chain", "garbage key", "another's key", "a folder"])
def test_a_certificate_that_cannot_be_used_stops_the_start(tmp_path, damage):
    shutil.copytree(harness.certificates(), tmp_path / "certs")
    chain, key = tmp_path / "certs/leaf.crt", tmp_path / "certs/leaf.key"
    broken = key if "key" in damage else chain
    if damage == "another's key":
        shutil.copytree(harness.certificates(), tmp_path / "others")
        (tmp_path / "others/leaf.crt").unlink()
        (tmp_path / "others/leaf.key").unlink()
        assert yett("dev-certs", tmp_path / "others").returncode == 0
        shutil.copy(tmp_path / "others/leaf.key", key)
    else:
        broken.unlink()
        if "garbage" in damage:
            broken.write_text("-----BEGIN NOTHING-----\n")
            broken.chmod(0o600)
        elif damage == "a folder":
            broken.mkdir()
    file = write(tmp_path, harness.settings(9))
    assert yett("check", file).returncode == 78
    done = yett("run", file)
    assert done.returncode in (69, 78), done
    assert broken.name in done.stderr or (damage == "another's key" and chain.name in done.stderr), done.stderr
    assert "ready" not in done.stdout


@pytest.mark.parametrize("which", ["listener", "management"])
def test_a_taken_port_is_named(tmp_path, which):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        config = harness.settings(9, **({"management": {"address": address}} if which == "management" else {}))
        config["listeners"] = [{"address": address if which == "listener" else "127.0.0.1:0"}]
        done = yett("run", write(tmp_path, config))
    assert done.returncode == 69 and address.split(":")[1] in done.stderr and "in use" in done.stderr, done


def test_a_second_program_cannot_share_the_first_ones_port(start, echo, tmp_path):
    """SO_REUSEPORT is for our own workers alone."""
    first = start(harness.Gateway(tmp_path, harness.settings(echo.port)))
    config = harness.settings(echo.port, listeners=[{"address": f"127.0.0.1:{first.plain_port}"}], storage={"url": "memory:"})
    (tmp_path / "second").mkdir()
    second = start(harness.Process([harness.BINARY, "run", write(tmp_path / "second", config)], cwd=tmp_path))
    harness.wait_until(lambda: second.popen.poll() is not None or '"ready"' in second.output, what="the second program's end")
    assert second.popen.poll() == 69, second.output
    second.reader.join(2)
    assert str(first.plain_port) in second.output
    assert first.call("GET", "/public/x").status_code == 200


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_well(start, echo, tmp_path, name):
    gateway = start(harness.Gateway(tmp_path, harness.settings(echo.port)))
    health = yett("healthcheck", "--address", f"127.0.0.1:{gateway.management_port}")
    assert (health.returncode, health.stdout) == (0, "200\n")
    assert gateway.metric("yett_config_last_reload_successful") == 1
    assert abs(gateway.metric("yett_config_last_reload_success_timestamp_seconds") - time.time()) < 60
    with gateway.raw() as idle:                                  # an idle client does not hold it up
        gateway.popen.send_signal(getattr(signal, name))
        assert gateway.popen.wait(20) == 0
        assert idle.read_all() == b""
    assert yett("healthcheck", "--address", f"127.0.0.1:{gateway.management_port}").returncode == 1


# --- demo ---------------------------------------------------------------------------

DEMO_PORTS = (4443, 4090, 9000)


@pytest.mark.parametrize("words", [
    [harness.BINARY, "demo"],
    [harness.ROOT / "tests/support/with_postgresql.sh", harness.BINARY, "demo", "--storage"],
], ids=["file", "postgresql"])
def test_the_printed_lines_of_the_demo_work_verbatim(start, tmp_path, words):
    for port in DEMO_PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as why:
                pytest.fail(f"`yett demo` needs the ports {DEMO_PORTS}, and {port} is taken: {why}")
    demo = start(harness.Process(words, cwd=tmp_path))
    demo.wait_for("Ctrl-C ends")
    assert (tmp_path / "var/yett.db").exists() == (len(words) == 2)
    lines = [line for line in demo.lines if re.match(r"(curl|TOKEN=)", line)]
    assert len(lines) >= 8
    done = subprocess.run(["bash", "-eu", "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr + done.stdout
    assert re.findall(r"(?m)^(?!yett_).*?(?:^| )(\d{3})$", done.stdout) == ["201", "200", "401", "200", "204", "401"], done.stdout
    assert "X-Yett-Email\":\"ada@example.com" in done.stdout and re.search(r"(?m)^yett_auth_results_total", done.stdout)
    data = next(line for line in demo.lines if line.startswith("Ctrl-C ends"))
    assert demo.stop() == 0
    if len(words) > 2:
        folder = re.search(r"data in postgresql://yett@/yett\?host=(\S+)\.$", data)[1]
        assert not os.path.exists(folder)


# --- where the configuration is -------------------------------------------------------

READING = [["check"], ["explain", "--path", "/"], ["keys", "list"], ["users", "list"], ["users", "export"], ["sessions", "list"], ["api-keys", "list"], ["migrate", "plan"]]


def signing_settings(**changes):
    config = harness.settings(9, tokens={"algorithm": "ES256", "keys": {"directory": "keys"}}, **changes)
    del config["tokens"]["secret"]
    return config


@pytest.mark.parametrize("verb", READING, ids=" ".join)
def test_every_verb_takes_the_configuration_the_same_two_ways(tmp_path, verb):
    folder, elsewhere = tmp_path / "configuration", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "certs").symlink_to(harness.certificates())
    file = write(folder, signing_settings())
    status = 1 if verb[0] == "explain" else 0                       # nobody may see / unless logged in
    assert yett(*verb, file, cwd=elsewhere).returncode == status
    assert yett(*verb, "--config", file, cwd=elsewhere).returncode == status
    assert yett(*verb, cwd=folder).returncode == status             # yett.yaml where one stands
    nowhere = yett(*verb, cwd=elsewhere)
    if not os.path.exists("/etc/yett/yett.yaml"):
        assert nowhere.returncode == 78 and "neither yett.yaml nor /etc/yett/yett.yaml" in nowhere.stderr
    assert yett(*verb, file, "--config", file, cwd=elsewhere).returncode > 100


def test_it_may_stand_before_and_behind_other_arguments(tmp_path):
    (tmp_path / "certs").symlink_to(harness.certificates())
    file = write(tmp_path, signing_settings())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for place, words in enumerate([[file, "a0@example.com", "admin"], ["a1@example.com", file, "admin"], ["a2@example.com", "admin", file]]):
        done = yett("users", "add", *words, "--no-password", cwd=elsewhere)
        assert done.returncode == 0 and done.stdout == f"a{place}@example.com: added\n", done.stderr
    assert yett("users", "disable", "a0@example.com", file, cwd=elsewhere).returncode == 0
    assert yett("users", "delete", file, "a0@example.com", cwd=elsewhere).returncode == 0
    (elsewhere / "rows.csv").write_text("email\na3@example.com\n")
    assert yett("users", "import", "rows.csv", file, cwd=elsewhere).stdout.startswith("1 added")
    rows = [json.loads(line) for line in yett("users", "list", file, "--json", cwd=elsewhere).stdout.splitlines()]
    assert {row["email"]: row["roles"] for row in rows} == {
        "a1@example.com": ["admin"], "a2@example.com": ["admin"], "a3@example.com": []}
    kid = yett("keys", "rotate", "--now", "--config", file, cwd=elsewhere).stdout.split()[0]
    assert yett("keys", "revoke", kid, file, cwd=elsewhere).returncode == 0
    assert "no signing key has this kid" in yett("keys", "revoke", file, kid, cwd=elsewhere).stderr


def test_run_takes_it_both_ways(tmp_path, echo, start):
    for number, words in enumerate([["--config", "yett.yaml"], []]):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "certs").symlink_to(harness.certificates())
        write(folder, harness.settings(echo.port))
        running = start(harness.Process([harness.BINARY, "run", *words], cwd=folder))
        running.wait_for(r'"message":"ready"')


# --- a changed file, a fresh folder ---------------------------------------------------

def test_hup_says_what_changed_in_the_file_and_that_a_restart_is_wanted(tmp_path, echo, start):
    config = harness.settings(echo.port)
    gateway = start(harness.Gateway(tmp_path, config))

    def hup(pattern):
        gateway.popen.send_signal(signal.SIGHUP)
        gateway.wait_for(pattern)

    hup('"the configuration is the one in use"')
    config["tokens"]["access_ttl"] = "7m"
    config["tokens"]["secret"] = "another integration secret, quite long!!"
    config["routes"][2]["access"] = "public"
    write(tmp_path, config)
    hup('"the configuration has changed; restart to apply it"')
    line = gateway.log(message="the configuration has changed; restart to apply it")[0]
    assert line["level"] == "warning" and line["file"] == str(tmp_path / "yett.yaml")
    assert line["changed"] == "routes[2].access, tokens.secret, tokens.access_ttl"
    assert "another integration secret" not in gateway.output
    assert gateway.call("GET", "/thing").status_code == 401          # what is in use stays


def test_hup_with_a_broken_or_missing_file_says_so_and_goes_on(tmp_path, echo, start):
    gateway = start(harness.Gateway(tmp_path, harness.settings(echo.port)))
    (tmp_path / "yett.yaml").write_text("version: 1\nworkers: many\n")
    gateway.popen.send_signal(signal.SIGHUP)
    gateway.wait_for("the configuration has mistakes and a restart would fail")
    line = gateway.log(message="the configuration has mistakes and a restart would fail; what is in use stays")[0]
    assert line["level"] == "error" and "yett.yaml:" in line["first"] and line["mistakes"] > 1
    (tmp_path / "yett.yaml").unlink()
    gateway.popen.send_signal(signal.SIGHUP)
    gateway.wait_for("the configuration cannot be read; what is in use stays")
    assert gateway.user()["access_token"]


def test_logs_go_into_a_folder_that_was_not_there(tmp_path, echo, start):
    logging = {"access": "var/log/access.log", "audit": "var/audit/deep/audit.log", "format": "json"}
    gateway = start(harness.Gateway(tmp_path, harness.settings(echo.port, logging=logging)))
    gateway.user()
    for name, words in (("var/log/access.log", '"path":"/auth/register"'), ("var/audit/deep/audit.log", "user_registered")):
        harness.wait_until(lambda: (tmp_path / name).exists() and words in (tmp_path / name).read_text(), what=name)
