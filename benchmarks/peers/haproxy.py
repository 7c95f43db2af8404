"""HAProxy, which verifies each token, as its documentation says how; or looks into nothing and only ends TLS."""

from parts.keys import HS256_SECRET, ISSUER
from parts.program import free_port

NAMES = {algorithm: f"HAProxy, jwt_verify {algorithm}" for algorithm in ("HS256", "RS256", "ES256")}
TLS_ALONE = "HAProxy, TLS alone"

MAIN = """
global
    nbthread {workers}
    maxconn 12000
    no strict-limits
defaults
    mode {mode}
    timeout connect 5s
    timeout client 600s
    timeout server 600s
    {keepalive}
frontend front
    bind 127.0.0.1:{port} {tls} backlog 4096
    {guard}
    {rules}
    default_backend app
backend app
    server app {server}
"""

GUARD = """
    http-request del-header X-User-Id
    http-request del-header X-User-Email
    http-request del-header X-User-Roles
    http-request set-var(txn.token) http_auth_bearer
    http-request deny deny_status 401 unless {{ var(txn.token) -m found }}
    http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
    http-request deny deny_status 401 unless {{ var(txn.alg) -m str {algorithm} }}
    http-request deny deny_status 401 unless {{ var(txn.token),jwt_verify(txn.alg,"{key}") 1 }}
    http-request deny deny_status 401 unless {{ var(txn.token),jwt_payload_query('$.iss') -m str {issuer} }}
    http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
    http-request set-var(txn.now) date()
    http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) -m int lt 0 }}
    http-request set-header X-User-Id %[var(txn.token),jwt_payload_query('$.sub')]
    http-request set-header X-User-Email %[var(txn.token),jwt_payload_query('$.email')]
    http-request set-header X-User-Roles %[var(txn.token),jwt_payload_query('$.roles')]
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Proto {scheme}
"""


def server(bench, application, upstream):
    verified = f"ssl verify required ca-file {bench.folder}/leaf.crt sni str(localhost) verifyhost localhost"
    return {"http": f"127.0.0.1:{application.port}", "https": f"127.0.0.1:{application.tls_port} {verified}",
            "unix": f"unix@{application.socket}"}[upstream]


def run(bench, name, setup, **values):
    port = free_port()
    config = bench.folder / f"{name}.cfg"
    tls = f"ssl crt {bench.folder}/both.pem ssl-min-ver TLSv1.3 alpn {'h2,' if setup.http2 else ''}http/1.1" if setup.tls else ""
    config.write_text(MAIN.format(port=port, workers=setup.workers, tls=tls, **values))
    return bench.start(name, ["haproxy", "-db", "-f", str(config)], port, set(setup.cores))


def start(bench, application, setup):
    key = HS256_SECRET if setup.algorithm == "HS256" else bench.keys.pem(setup.algorithm)
    guard = GUARD.format(algorithm=setup.algorithm, key=key, issuer=ISSUER, scheme=setup.scheme())
    return run(bench, f"haproxy-{setup.algorithm}", setup, mode="http", keepalive="timeout http-keep-alive 600s\n    http-reuse always",
               guard=guard, rules=rules(bench, setup), server=server(bench, application, setup.upstream))


# As its documentation advises for many rules: one look into a map.
def rules(bench, setup):
    if not setup.prefixes:
        return ""
    table = bench.folder / f"haproxy-{len(setup.prefixes)}.map"
    table.write_text("".join(f"{path}/ app\n" for path in setup.prefixes))
    return f"use_backend %[path,map_beg({table})]"


def start_tls_alone(bench, application, setup):
    """Bytes in, bytes out: the least that a proxy with TLS towards its clients can do."""
    return run(bench, "haproxy-tls", setup, mode="tcp", keepalive="", guard="", rules="", server=server(bench, application, setup.upstream))
