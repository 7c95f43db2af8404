"""Yett itself."""

import json
import subprocess

from parts.keys import AUDIENCE, HS256_SECRET, ISSUER
from parts.program import free_port

from .setup import Setup

NAMES = {algorithm: f"Yett, {algorithm}, cached" for algorithm in ("HS256", "RS256", "ES256", "EdDSA")}
NAME = NAMES["RS256"]


class Unsupported(Exception):
    """This build does not know what the configuration says."""


def tokens(bench, algorithm):
    if algorithm == "HS256":
        return {"issuer": ISSUER, "audience": [AUDIENCE], "algorithm": "HS256", "secret": HS256_SECRET}
    return {"issuer": "https://own.example", "audience": [AUDIENCE], "issuers": [{
        "issuer": ISSUER, "audience": [AUDIENCE], "algorithms": [algorithm],
        "jwks_file": str(bench.keys.jwks(algorithm))}]}


def rule(name, path, **more):
    return {"name": name, "match": {"path": path}, "access": "authenticated", "upstream": "app", **more}


def listener(port, tls, http2=False):
    secured = {"tls": {"certificates": [{"chain_file": "leaf.crt", "key_file": "leaf.key"}], "min_version": "1.3"}}
    return {"address": f"127.0.0.1:{port}", "protocols": ["h2", "http/1.1"] if http2 else ["http/1.1"], **(secured if tls else {})}


def upstream(bench, application, setup):
    server = {"http": f"http://127.0.0.1:{application.port}", "unix": f"unix:{application.socket}"}
    # What is the default is not said, so that older programs that do not know the key can be measured, too.
    told = {} if setup.kept == Setup.kept else {"connections": setup.kept, "connections_per_client": "100%", "pending": 20000}
    if setup.upstream == "https":
        return told | {"servers": [f"https://127.0.0.1:{application.tls_port}"],
                       "tls": {"ca_file": str(bench.folder / "leaf.crt"), "server_name": "localhost"}}
    return told | {"servers": [server[setup.upstream]]}


def configuration(bench, application, setup, port, name):
    """JSON is YAML."""
    return {
        "version": 1,
        "workers": setup.workers,
        "listeners": [listener(port, setup.tls, setup.http2)],
        "management": {"address": f"127.0.0.1:{free_port()}", "socket": f"{name}.sock"},
        "client_limits": {"connections": 20000, "connections_per_client": 20000, "idle_timeout": "10m"},
        "upstreams": {"app": upstream(bench, application, setup)},
        "routes": [rule(path[1:], path + "/**") for path in setup.prefixes] or [rule("everything", "/**", body_bytes=0)],
        "identity_headers": {"preset": "none", "set": {"X-User-Id": "sub", "X-User-Email": "email", "X-User-Roles": "roles"}},
        "tokens": tokens(bench, setup.algorithm),
        "accounts": {"require_verified_email": False},
        "storage": {"url": "memory:"},
        "mail": {"url": f"file:{bench.folder}/outbox", "from": "bench@example.com", "public_url": "https://localhost"},
        "logging": {"level": "warning", "access": "off", "audit": "off", "format": "json"},
    }


def start(bench, application, setup, name=None, **more):
    """`more` replaces whole sections of the configuration."""
    port, name = free_port(), name or f"yett-{setup.algorithm}"
    file = bench.folder / f"{name}.yaml"
    # Without blanks, for ten thousand rules have to fit into the 1 MiB that a file may have.
    file.write_text(json.dumps(configuration(bench, application, setup, port, name) | more, separators=(",", ":")))
    refuse_unsupported(bench, file)
    return bench.start(name, [bench.yett_binary, "run", str(file)], port, set(setup.cores))


def refuse_unsupported(bench, file):
    checked = subprocess.run([bench.yett_binary, "check", str(file)], capture_output=True, text=True)
    unknown = [line.removeprefix(f"{file}:") for line in (checked.stdout + checked.stderr).splitlines() if "is not supported by this build" in line]
    if unknown:
        raise Unsupported(unknown[0].replace(str(bench.folder), "…"))
