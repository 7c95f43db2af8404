"""The application behind: nginx, which says the same to everybody, from memory.

It is reached by TCP, by TLS and by a Unix socket; `/bytes/N` are so many, and what is posted to `/swallow` is read to its end before it
is answered, which nginx does where it would pass a request on.
"""

from parts.program import OTHER_CORES, free_port

from . import nginx

HTTP = """
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        listen 127.0.0.1:{tls_port} ssl backlog=4096;
        listen unix:{folder}/application.sock backlog=4096;
        ssl_certificate {folder}/leaf.crt;
        ssl_certificate_key {folder}/leaf.key;
        ssl_protocols TLSv1.3;
        default_type application/json;
        sendfile on;
        location = /echo {{ return 200 "$http_x_user_id"; }}
        location / {{ return 200 '{{"items":[{{"id":1,"name":"first"}},{{"id":2,"name":"second"}}]}}'; }}
        location /bytes/ {{ root {folder}; }}
        location = /swallow {{
            client_body_buffer_size 128k;
            proxy_pass http://unix:{folder}/swallowed.sock;
            proxy_method GET;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
        }}
    }}
    server {{
        listen unix:{folder}/swallowed.sock;
        location / {{ return 200 "swallowed"; }}
    }}
"""


def start(bench, cores=None):
    tls_port = free_port()
    (bench.folder / "bytes").mkdir(exist_ok=True)
    program = nginx.start_with(bench, "application", HTTP, cores or OTHER_CORES, tls_port=tls_port)
    program.tls_port, program.socket = tls_port, bench.folder / "application.sock"
    return program


def offer(bench, size):
    """The path of a body of so many bytes."""
    with open(bench.folder / "bytes" / str(size), "wb") as file:
        file.truncate(size)
    return f"/bytes/{size}"
