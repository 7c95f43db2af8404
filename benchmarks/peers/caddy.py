"""Caddy, which asks nobody who they are."""

from parts.program import free_port

NAME = "Caddy, no authentication"

CONFIG = """
{{
    admin off
    auto_https off
    storage file_system {folder}/caddy
    log {{
        level ERROR
    }}
    servers {{
        protocols h1
    }}
}}
{scheme}://localhost:{port} {{
    bind 127.0.0.1
    {tls}
    {routes}
}}
"""

PROXY = """
    reverse_proxy {path} {server} {{
        transport http {{
            keepalive 75s
            keepalive_idle_conns {kept}
            keepalive_idle_conns_per_host {kept}
            compression off
            {verify}
        }}
    }}
"""


def server(application, upstream):
    return {"http": f"http://127.0.0.1:{application.port}", "https": f"https://127.0.0.1:{application.tls_port}",
            "unix": f"unix/{application.socket}"}[upstream]


def start(bench, application, setup):
    port = free_port()
    verify = f"tls_trusted_ca_certs {bench.folder}/leaf.crt\n            tls_server_name localhost" if setup.upstream == "https" else ""
    routes = "\n".join(PROXY.format(path=f"{path}/*", server=server(application, setup.upstream), kept=setup.kept, verify=verify)
                       for path in setup.prefixes or ("",))
    tls = f"tls {bench.folder}/leaf.crt {bench.folder}/leaf.key {{\n        protocols tls1.3\n    }}" if setup.tls else ""
    config = bench.folder / "Caddyfile"
    config.write_text(CONFIG.format(scheme=setup.scheme(), port=port, folder=bench.folder, tls=tls, routes=routes))
    return bench.start("caddy", ["caddy", "run", "--config", str(config), "--adapter", "caddyfile"], port, set(setup.cores),
                       {"GOMAXPROCS": str(setup.workers), "HOME": str(bench.folder)})
