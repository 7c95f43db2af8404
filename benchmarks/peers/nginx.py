"""nginx, which asks nobody who they are: what a proxy costs by itself."""

from parts.program import free_port

NAME = "nginx, no authentication"

MAIN = """
user root;
worker_processes {workers};
pid {folder}/{name}.pid;
error_log {folder}/{name}.error.log crit;
daemon off;
worker_rlimit_nofile 20000;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    client_max_body_size 0;
    client_body_temp_path {folder}/{name}.body;
    proxy_temp_path {folder}/{name}.proxy;
    fastcgi_temp_path {folder}/{name}.fastcgi;
    uwsgi_temp_path {folder}/{name}.uwsgi;
    scgi_temp_path {folder}/{name}.scgi;
    {http}
}}
"""

# Bodies pass through without being kept in files, as in the others.
PROXY = """
    upstream app {{ server {server}; keepalive {kept}; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port} {listen} backlog=4096;
        {certificate}
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto {scheme};
        proxy_request_buffering off;
        proxy_max_temp_file_size 0;
        {verify}
        {locations}
    }}
"""

CERTIFICATE = "ssl_certificate {folder}/leaf.crt; ssl_certificate_key {folder}/leaf.key; ssl_protocols TLSv1.3;"
VERIFY = ("proxy_ssl_verify on; proxy_ssl_trusted_certificate {folder}/leaf.crt; proxy_ssl_name localhost; proxy_ssl_server_name on;"
          " proxy_ssl_protocols TLSv1.3;")


def start_with(bench, name, http, cores, workers=1, **values):
    port = free_port()
    config = bench.folder / f"{name}.conf"
    inner = http.format(port=port, folder=bench.folder, **values)
    config.write_text(MAIN.format(name=name, folder=bench.folder, workers=workers, http=inner))
    return bench.start(name, ["nginx", "-e", f"{bench.folder}/{name}.log", "-c", str(config)], port, cores)


def server(application, upstream):
    return {"http": f"127.0.0.1:{application.port}", "https": f"127.0.0.1:{application.tls_port}", "unix": f"unix:{application.socket}"}[upstream]


def start(bench, application, setup):
    scheme = "https" if setup.upstream == "https" else "http"
    locations = "\n".join(f"location {path}/ {{ proxy_pass {scheme}://app; }}" for path in setup.prefixes or ("",))
    return start_with(bench, "nginx", PROXY, set(setup.cores), setup.workers, server=server(application, setup.upstream), kept=setup.kept,
                      listen=" ".join(word for word, on in (("ssl", setup.tls), ("http2", setup.http2)) if on), scheme=setup.scheme(), locations=locations,
                      certificate=CERTIFICATE.format(folder=bench.folder) if setup.tls else "",
                      verify=VERIFY.format(folder=bench.folder) if setup.upstream == "https" else "")
