"""Servers of HTTP/2 in front of one application, on a plain port and one with TLS: the program under test, and others."""

import contextlib
import pathlib
import shutil
import socket
import tempfile
import textwrap

import harness

PROTOCOLS = ["h2", "http/1.1"]


def configuration(port, **changes):
    """Open to everybody, both listeners with HTTP/2."""
    config = harness.settings(port, **changes)
    for listener in config["listeners"]:
        listener["protocols"] = PROTOCOLS
    config["routes"] = [{"name": "all", "match": {"path": "/**"}, "access": "public", "upstream": "app", "body_bytes": 0, "websocket": {}}]
    return config


def yett(folder, port, **changes):
    return harness.Gateway(folder, configuration(port, **changes))


class Other(harness.Process):
    """A server of somebody else's, once both of its ports answer."""

    def __init__(self, command):
        super().__init__(command)
        harness.wait_until(lambda: all(map(answers, (self.plain_port, self.tls_port))), what=command[0])

    def prepare(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="yett-http2-"))
        self.folder.chmod(0o711)
        self.plain_port, self.tls_port = harness.free_port(), harness.free_port()
        self.certificate = harness.certificates()

    def stop(self, timeout=20):
        code = super().stop(timeout)
        shutil.rmtree(self.folder, ignore_errors=True)
        return code


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Nginx(Other):
    def __init__(self, port):
        self.prepare()
        (self.folder / "nginx.conf").write_text(textwrap.dedent(f"""
            user root;
            worker_processes 2;
            daemon off;
            pid {self.folder}/pid;
            error_log {self.folder}/error.log crit;
            worker_rlimit_nofile 20000;
            events {{ worker_connections 8192; }}
            http {{
                access_log off;
                client_body_temp_path {self.folder}/body;
                proxy_temp_path {self.folder}/proxy;
                fastcgi_temp_path {self.folder}/fastcgi;
                uwsgi_temp_path {self.folder}/uwsgi;
                scgi_temp_path {self.folder}/scgi;
                upstream app {{ server 127.0.0.1:{port}; keepalive 256; }}
                server {{
                    listen 127.0.0.1:{self.plain_port} http2 backlog=4096;
                    listen 127.0.0.1:{self.tls_port} ssl http2 backlog=4096;
                    ssl_certificate {self.certificate}/leaf.crt;
                    ssl_certificate_key {self.certificate}/leaf.key;
                    ssl_protocols TLSv1.2 TLSv1.3;
                    client_max_body_size 0;
                    location / {{
                        proxy_pass http://app;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_set_header Host $host;
                        proxy_request_buffering off;
                        proxy_max_temp_file_size 0;
                    }}
                }}
            }}
            """))
        super().__init__(["nginx", "-e", f"{self.folder}/start.log", "-c", f"{self.folder}/nginx.conf"])


class Nghttpx(Other):
    def __init__(self, port):
        self.prepare()
        super().__init__([
            "nghttpx", "--no-via", "--workers=2", f"--frontend=127.0.0.1,{self.plain_port};no-tls", f"--frontend=127.0.0.1,{self.tls_port}",
            f"--backend=127.0.0.1,{port}", "--errorlog-file=/dev/null", "--conf=/dev/null", "--backlog=4096",
            f"{self.certificate}/leaf.key", f"{self.certificate}/leaf.crt"])
