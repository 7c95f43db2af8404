"""What the side-by-side benchmark is made of: programs, keys, tokens, load, measurements."""

import base64
import contextlib
import datetime
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import uuid

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).resolve().parent
ISSUER = "https://issuer.example"
AUDIENCE = "api"
TOKENS = 1000
HS256_SECRET = "side-by-side-benchmark-secret-of-48-bytes-length"

# With two cores the measured program has one to itself; everything else shares the other.
CORES = sorted(os.sched_getaffinity(0))
PROXY_CORE = CORES[0]
OTHER_CORES = set(CORES[1:]) or {PROXY_CORE}


# --- programs ------------------------------------------------------------------------

class Program:
    """A running server, pinned to its cores, and the processor time it has used."""

    def __init__(self, name, command, port, cores, log):
        self.name, self.port = name, port
        self.log = log

        def prepare():
            os.sched_setaffinity(0, cores)
            resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

        with open(log, "wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, preexec_fn=prepare, cwd=log.parent)
        wait_for_port(port, self)

    def pids(self):
        """The process and its children (nginx has a worker)."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    def cpu_seconds(self):
        """User and system time; to the nanosecond where the kernel keeps it so, else in ticks of 10 ms."""
        with contextlib.suppress(OSError):
            threads = [each for pid in self.pids() for each in pathlib.Path(f"/proc/{pid}/task").iterdir()]
            return sum(int((each / "schedstat").read_text().split()[0]) for each in threads) / 1e9
        ticks = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_kib(self):
        total = 0
        for pid in self.pids():
            total += int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
        return total

    def settled_kib(self):
        """Resident memory once it has stopped moving."""
        last = self.resident_kib()
        same_since = time.monotonic()
        until = same_since + 30
        while time.monotonic() - same_since < 4 and time.monotonic() < until:
            time.sleep(0.25)
            now = self.resident_kib()
            if now != last:
                last, same_since = now, time.monotonic()
        return last

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port, program):
    until = time.monotonic() + 15
    while time.monotonic() < until:
        if program.process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit(f"{program.name} did not start:\n{program.log.read_text()}")


# --- keys and tokens -----------------------------------------------------------------

def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64_number(number, size):
    return b64(number.to_bytes(size, "big"))


class Keys:
    """One key for each algorithm, as PEM for HAProxy and as a key set for Yett."""

    def __init__(self, folder):
        self.folder = folder
        rsa_key = rsa.generate_private_key(65537, 2048)
        ec_key = ec.generate_private_key(ec.SECP256R1())
        ed_key = ed25519.Ed25519PrivateKey.generate()
        self.signing = {"HS256": HS256_SECRET, "RS256": rsa_key, "ES256": ec_key, "EdDSA": ed_key}

        n = rsa_key.public_key().public_numbers()
        p = ec_key.public_key().public_numbers()
        raw = ed_key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        public = {
            "RS256": {"kty": "RSA", "n": b64_number(n.n, 256), "e": "AQAB"},
            "ES256": {"kty": "EC", "crv": "P-256", "x": b64_number(p.x, 32), "y": b64_number(p.y, 32)},
            "EdDSA": {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)},
        }
        for algorithm, key in public.items():
            key |= {"kid": f"bench-{algorithm}", "use": "sig", "alg": algorithm}
            self.jwks(algorithm).write_text(json.dumps({"keys": [key]}))
            self.pem(algorithm).write_bytes(self.signing[algorithm].public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))

    def jwks(self, algorithm):
        return self.folder / f"{algorithm}.jwks.json"

    def pem(self, algorithm):
        return self.folder / f"{algorithm}.pem"

    def token(self, algorithm, number=0):
        now = int(time.time())
        user = f"user-{number:04}"
        claims = {
            "iss": ISSUER, "aud": [AUDIENCE], "sub": user, "user_id": user, "email": f"{user}@example.com",
            "roles": ["reader", "writer"], "scope": "items:read items:write", "iat": now, "nbf": now, "exp": now + 7200,
            "jti": str(uuid.uuid4()), "sid": str(uuid.uuid4()), "type": "access",
        }
        headers = {"typ": "at+jwt"} if algorithm == "HS256" else {"kid": f"bench-{algorithm}"}
        return jwt.encode(claims, self.signing[algorithm], algorithm=algorithm, headers=headers)

    def tokens_file(self, algorithm):
        file = self.folder / f"{algorithm}.tokens"
        if not file.exists():
            file.write_text("".join(self.token(algorithm, i) + "\n" for i in range(TOKENS)))
        return file


def make_certificate(folder):
    """The same ECDSA P-256 certificate for all of them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.utcnow()
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256()))
    pem_key = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem_chain = certificate.public_bytes(serialization.Encoding.PEM)
    for file, text in {"leaf.key": pem_key, "leaf.crt": pem_chain, "both.pem": pem_chain + pem_key}.items():
        (folder / file).touch(0o600)
        (folder / file).write_bytes(text)


# --- the application behind, and the peers -------------------------------------------

NGINX = """
user root;
worker_processes 1;
pid {folder}/{name}.pid;
error_log {folder}/{name}.error.log crit;
daemon off;
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 75s;
    client_max_body_size 0;
    client_body_temp_path {folder}/{name}.body;
    proxy_temp_path {folder}/{name}.proxy;
    fastcgi_temp_path {folder}/{name}.fastcgi;
    uwsgi_temp_path {folder}/{name}.uwsgi;
    scgi_temp_path {folder}/{name}.scgi;
    {http}
}}
"""

APPLICATION = """
    server {{
        listen 127.0.0.1:{port};
        default_type application/json;
        location = /echo {{ return 200 "$http_x_user_id"; }}
        location / {{ return 200 '{{"items":[{{"id":1,"name":"first"}},{{"id":2,"name":"second"}}]}}'; }}
    }}
"""

PLAIN_PROXY = """
    upstream app {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096;
        ssl_certificate {folder}/leaf.crt;
        ssl_certificate_key {folder}/leaf.key;
        ssl_protocols TLSv1.3;
        location / {{
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto https;
        }}
    }}
"""

HAPROXY = """
global
    nbthread 1
    maxconn 8000
defaults
    mode http
    timeout connect 5s
    timeout client 75s
    timeout server 75s
    timeout http-keep-alive 75s
    http-reuse always
frontend front
    bind 127.0.0.1:{port} ssl crt {folder}/both.pem ssl-min-ver TLSv1.3 alpn http/1.1 backlog 4096
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
    http-request set-header X-Forwarded-Proto https
    default_backend app
backend app
    server app 127.0.0.1:{upstream}
"""


class Bench:
    """Everything started for one run; stops all of it at the end."""

    def __init__(self, folder, yett):
        self.folder, self.yett_binary = folder, yett
        self.keys = Keys(folder)
        self.programs = []
        make_certificate(folder)

    def start(self, name, command, port, cores):
        program = Program(name, command, port, cores, self.folder / f"{name}.log")
        self.programs.append(program)
        return program

    def stop(self):
        for program in reversed(self.programs):
            program.stop()
        self.programs.clear()

    def nginx(self, name, http, cores, **values):
        port = free_port()
        config = self.folder / f"{name}.conf"
        inner = http.format(port=port, folder=self.folder, **values)
        config.write_text(NGINX.format(name=name, folder=self.folder, http=inner))
        return self.start(name, ["nginx", "-e", f"{self.folder}/{name}.log", "-c", str(config)], port, cores)

    def application(self, cores=None):
        return self.nginx("application", APPLICATION, cores or OTHER_CORES)

    def plain_proxy(self, application):
        return self.nginx("nginx", PLAIN_PROXY, {PROXY_CORE}, upstream=application.port)

    def haproxy(self, application, algorithm):
        port = free_port()
        key = HS256_SECRET if algorithm == "HS256" else self.keys.pem(algorithm)
        config = self.folder / f"haproxy-{algorithm}.cfg"
        config.write_text(HAPROXY.format(port=port, folder=self.folder, algorithm=algorithm, key=key, issuer=ISSUER,
                                         upstream=application.port))
        return self.start(f"haproxy {algorithm}", ["haproxy", "-db", "-f", str(config)], port, {PROXY_CORE})

    def yett(self, name, upstream_port, tokens, cores=None, workers=1, **more):
        """`more` replaces whole sections of the configuration (JSON is YAML)."""
        port = free_port()
        config = {
            "version": 1,
            "workers": workers,
            "listeners": [{
                "address": f"127.0.0.1:{port}",
                "tls": {"certificates": [{"chain_file": "leaf.crt", "key_file": "leaf.key"}], "min_version": "1.3"},
                "protocols": ["http/1.1"],
            }],
            "management": {"address": f"127.0.0.1:{free_port()}", "socket": f"{name.replace(' ', '-')}.sock"},
            "client_limits": {"connections": 20000, "connections_per_client": 20000},
            "upstreams": {"app": {"servers": [f"http://127.0.0.1:{upstream_port}"]}},
            "routes": [{"name": "everything", "match": {"path": "/**"}, "access": "authenticated", "upstream": "app",
                        "body_bytes": 0}],
            "identity_headers": {"preset": "none", "set": {"X-User-Id": "sub", "X-User-Email": "email", "X-User-Roles": "roles"}},
            "tokens": tokens,
            "accounts": {"require_verified_email": False},
            "storage": {"url": "memory:"},
            "mail": {"url": f"file:{self.folder}/outbox", "from": "bench@example.com", "public_url": "https://localhost"},
            "logging": {"level": "warning", "access": "off", "audit": "off", "format": "json"},
        } | more
        file = self.folder / f"{name.replace(' ', '-')}.yaml"
        file.write_text(json.dumps(config, indent=2))
        return self.start(name, [self.yett_binary, "run", str(file)], port, cores or {PROXY_CORE})

    def yett_tokens(self, algorithm):
        if algorithm == "HS256":
            return {"issuer": ISSUER, "audience": [AUDIENCE], "algorithm": "HS256", "secret": HS256_SECRET}
        return {"issuer": "https://own.example", "audience": [AUDIENCE], "issuers": [{
            "issuer": ISSUER, "audience": [AUDIENCE], "algorithms": [algorithm],
            "jwks_file": str(self.keys.jwks(algorithm))}]}


# --- clients -------------------------------------------------------------------------

def client_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client:
    """One TLS connection and as many requests as wanted on it."""

    context = client_context()

    def __init__(self, port):
        raw = socket.create_connection(("127.0.0.1", port), 30)
        self.socket = self.context.wrap_socket(raw, server_hostname="localhost")

    def ask(self, method, path, headers=(), body=b""):
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        head, rest = b"", b""
        while b"\r\n\r\n" not in head:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("closed inside a reply")
            head += more
        head, rest = head.split(b"\r\n\r\n", 1)
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        chunked = re.search(rb"(?i)transfer-encoding: *chunked", head)
        while (length and len(rest) < int(length[1])) or (chunked and not rest.endswith(b"0\r\n\r\n")):
            rest += self.socket.recv(65536)
        return int(head.split(b" ", 2)[1]), head.decode("latin-1"), rest

    def close(self):
        self.socket.close()


def ask_once(port, path="/", token=None, headers=()):
    client = Client(port)
    try:
        given = [f"Authorization: Bearer {token}"] if token else []
        return client.ask("GET", path, [*given, *headers])
    finally:
        client.close()


def start_wrk(port, tokens_file, seconds, connections=32, rest=0, cores=None):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(HERE / "cycle_tokens.lua"),
               f"https://127.0.0.1:{port}", "--", str(tokens_file), str(rest)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                            preexec_fn=lambda: os.sched_setaffinity(0, cores or OTHER_CORES))


def what_wrk_says(process):
    """Requests done, errors, and the 50th and 99th percentile of latency in milliseconds."""
    out, _ = process.communicate()
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, process.args, out)
    requests = int(re.search(r"(\d+) requests in", out)[1])
    errors = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", out)))
    errors += sum(int(n) for line in re.findall(r"Socket errors: (.*)", out) for n in re.findall(r"\d+", line))
    return {"requests": requests, "errors": errors, "p50": percentile(out, "50"), "p99": percentile(out, "99")}


def run_wrk(port, tokens_file, seconds, connections=32, rest=0, cores=None):
    return what_wrk_says(start_wrk(port, tokens_file, seconds, connections, rest, cores))


def percentile(out, which):
    value, unit = re.search(rf"\s{which}%\s+([\d.]+)(us|ms|s)", out).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


# --- a server that swallows and pours ------------------------------------------------

class Bulk:
    """An application for large bodies: counts what is posted to it, sends zeros to whoever gets."""

    def __init__(self, size):
        self.size, self.received = size, 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listening.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError), connection, connection.makefile("rb", 1 << 20) as stream:
            while line := stream.readline():
                fields = {}
                while (field := stream.readline().strip()):
                    name, value = field.split(b":", 1)
                    fields[name.strip().lower()] = value.strip()
                if line.startswith(b"GET"):
                    self.pour(connection, int(line.split(b"/")[-2].split(b" ")[0] or self.size))
                else:
                    count = self.swallow(stream, fields)
                    self.received += count
                    body = str(count).encode()
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def pour(self, connection, size):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % size)
        block = memoryview(bytes(1 << 18))
        while size > 0:
            size -= connection.send(block[:min(size, len(block))])

    @staticmethod
    def swallow(stream, fields):
        block = bytearray(1 << 18)
        if b"content-length" in fields:
            left = int(fields[b"content-length"])
            total = left
            while left > 0:
                left -= stream.readinto(memoryview(block)[:min(left, len(block))])
            return total
        total = 0
        while size := int(stream.readline().split(b";")[0], 16):
            left = size
            while left > 0:
                left -= stream.readinto(memoryview(block)[:min(left, len(block))])
            stream.readline()
            total += size
        stream.readline()
        return total


def versions(yett):
    def first_line(*command):
        done = subprocess.run(command, capture_output=True, text=True)
        return (done.stdout + done.stderr).strip().splitlines()[0]

    root = HERE.parent
    commit = first_line("git", "-C", str(root), "rev-parse", "--short", "HEAD")
    dirty = subprocess.run(["git", "-C", str(root), "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True).stdout
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    found = {
        "Machine": f"{len(CORES)} cores, {cpu[1] if cpu else 'unknown processor'}, Linux {os.uname().release}",
        "nginx": first_line("nginx", "-v").split("/")[-1],
        "HAProxy": first_line("haproxy", "-v").split()[2],
        "OpenSSL": first_line("openssl", "version").split()[1],
        "Commit": commit + (" with changes" if dirty else ""),
        "Date": datetime.date.today().isoformat(),
    }
    if yett and shutil.which(yett):
        found["Yett"] = first_line(yett, "version")
    return found
