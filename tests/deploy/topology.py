"""The services of deploy/compose/compose.yaml as processes of this machine.

What Compose would give a service it gets here: its files, its volumes, its user (where the test is root, and so with no right
that the service has not there either), its command line and its environment. Two things are mapped, in all of these: a path of the
container to one below a temporary folder, and HOST:PORT to a free port of this machine. What an image does before its program
starts is done for PostgreSQL alone, the way that image does it; the mail sink is one of the tests', with Mailpit's settings.
"""

import os
import pathlib
import pwd
import re
import shutil
import socket
import ssl
import subprocess
import tempfile

import requests

import compose_file
import harness
from postgres_server import PROGRAMS
from smtp_sink import Sink

# A home that nobody has anything in: libpq looks for certificates there.
TOOLS = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}:/usr/sbin", "HOME": "/nonexistent"}


def as_known_here(service):
    """PostgreSQL looks its user up, and that of the image need not be one of this machine: then it is nobody."""
    if service.name == "postgres":
        try:
            pwd.getpwuid(service.user[0])
        except KeyError:
            return pwd.getpwnam("nobody")[2:4]
    return service.user


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Topology:
    def __init__(self):
        self.services, _ = compose_file.read()
        self.users = {name: as_known_here(service) for name, service in self.services.items()}
        self.users["yett"] = self.users["yett-1"]      # as setup.sh calls both
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="yett-compose-"))
        self.folder.chmod(0o755)
        self.binary = self.folder / "yett"
        shutil.copy(harness.BINARY, self.binary)       # where every user reaches it
        self.ports, self.running = {}, []
        self.start_of = {"setup": self.run_setup, "postgres": self.start_postgres, "redis": self.start_redis, "mail": self.start_mail,
                         "application": self.start_yett, "yett-1": self.start_yett, "yett-2": self.start_yett,
                         "prometheus": self.start_prometheus}
        try:
            self.lay_out()
            for name in self.in_order():
                self.start_of[name](self.services[name])
        except BaseException:
            self.stop()
            raise

    # --- what Compose does -----------------------------------------------------------

    def in_order(self):
        """Whoever is waited for comes first."""
        done, left = [], [name for name in self.services if name in self.start_of]
        while left:
            ready = [name for name in left if set(self.services[name].waits_for) <= set(done)]
            assert ready, f"{left} wait for each other"
            done += ready
            left = [name for name in left if name not in ready]
        return done

    def lay_out(self):
        """Volumes, folders that begin empty, and each service's files with what is in them mapped."""
        for service in self.services.values():
            for mount in service.mounts:
                if mount.file is None:
                    self.volume(mount.source).mkdir(parents=True, exist_ok=True)
                    if not mount.read_only:
                        self.own(self.volume(mount.source), self.users[service.name])
            for folder, owner in service.tmpfs.items():
                self.place(service, folder).mkdir(parents=True)
                self.own(self.place(service, folder), self.users[service.name] if owner == service.user else owner)
        for service in self.services.values():
            for mount in service.mounts:
                if mount.file is not None:
                    self.write_mapped(service, mount)

    def write_mapped(self, service, mount):
        # The secrets are written once for all who read them, at the place of the first.
        whom = self.services["yett-1"] if service.name == "setup" else service
        copy = self.place(service, mount.target)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = mount.file.read_text()
        if service.name == "setup":
            text = re.sub(r"\b([a-z]+)=(\d+):(\d+)\b", lambda at: "{}={}:{}".format(at[1], *self.users[at[1]]), text)
        copy.write_text(self.mapped(whom, text))
        copy.chmod(0o644)

    def own(self, folder, who):
        if os.getuid() == 0:
            os.chown(folder, *who)

    def volume(self, name):
        return self.folder / "volumes" / name

    def place(self, service, path):
        """Where a path of the container is here."""
        for mount in sorted(service.mounts, key=lambda each: -len(each.target)):
            if mount.file is None and (path == mount.target or path.startswith(mount.target + "/")):
                return self.volume(mount.source) / path[len(mount.target):].lstrip("/")
        return self.folder / service.name / path.lstrip("/")

    def port(self, service, number):
        return self.ports.setdefault((service, int(number)), free_port())

    def mapped(self, service, text):
        """The same of this machine: hosts and ports of all services, paths of this one."""
        names = "|".join(sorted(self.services, key=len, reverse=True))
        text = re.sub(rf"(?<![\w.-])({names}):(\d+)\b", lambda at: f"localhost:{self.port(at[1], at[2])}", text)
        text = re.sub(r"\b(?:0\.0\.0\.0|127\.0\.0\.1):(\d+)\b", lambda at: f"127.0.0.1:{self.port(service.name, at[1])}", text)
        targets = [mount.target for mount in service.mounts] + [folder for folder in service.tmpfs if folder != "/tmp"]
        paths = "|".join(re.escape(path) for path in sorted(targets, key=len, reverse=True))
        return re.sub(rf"(?<![\w/.-])({paths})(?![\w.-])", lambda at: str(self.place(service, at[1])), text) if targets else text

    def words(self, service, words):
        """A command line; a port that stands alone in it is mapped, too."""
        known = {str(number): str(port) for (name, number), port in self.ports.items() if name == service.name}
        return [known.get(word) or self.mapped(service, word) for word in words]

    def as_its_user(self, service, words):
        if os.getuid() != 0:
            return words
        user, group = self.users[service.name]
        rights = ",".join(["-all", *(f"+{each.lower()}" for each in service.text.get("cap_add", []))])
        return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs", f"--bounding-set={rights}", *words]

    def environment(self, service):
        return {name: self.mapped(service, str(value)) for name, value in service.environment.items()}

    def begin(self, service, words):
        process = harness.Process(self.as_its_user(service, words), cwd=self.folder, env={**TOOLS, **self.environment(service)})
        self.running.append(process)
        return process

    def run(self, service, words, **more):
        return subprocess.run([str(word) for word in self.as_its_user(service, words)], capture_output=True, text=True, timeout=60,
                              cwd=self.folder, env={**os.environ, **TOOLS, **self.environment(service), **more})

    def healthy(self, service):
        """What Docker would run to know, run here."""
        words = self.words(service, service.health)
        words[0] = str(self.binary) if words[0] == "/usr/bin/yett" else words[0]
        return self.run(service, words).returncode == 0

    def await_health(self, service):
        """Of what began last."""
        process = self.running[-1]

        def look():
            assert process.popen.poll() is None, f"{service.name} ended:\n{process.output}"
            return self.healthy(service)
        harness.wait_until(look, harness.START_TIMEOUT, f"{service.name} to be well")

    # --- what the images do ----------------------------------------------------------

    def run_setup(self, service):
        """Its folders are the volumes of the others."""
        place = self.place(service, "/secrets")
        place.mkdir(parents=True, exist_ok=True)
        for mount in service.mounts:
            link = place / pathlib.PurePath(mount.target).name
            if mount.file is None and not link.is_symlink():
                link.symlink_to(self.volume(mount.source))
        entry = [str(self.place(service, word)) if word == "/setup.sh" else word for word in service.text["entrypoint"]]
        done = self.run(service, [*entry, place])
        assert done.returncode == 0, done.stderr

    def start_postgres(self, service):
        """As the image does it: a cluster by the environment, then what lies in the folder for that."""
        environment = self.environment(service)
        data, sockets, number = (self.place(service, path) for path in ("/var/lib/postgresql/data", "/var/run/postgresql", "5432"))
        made = self.run(service, ["initdb", "-D", data, "-U", environment["POSTGRES_USER"], f"--pwfile={environment['POSTGRES_PASSWORD_FILE']}",
                                  "--no-sync", *environment["POSTGRES_INITDB_ARGS"].split()])
        assert made.returncode == 0, made.stderr
        number = str(self.port(service.name, 5432))
        process = self.begin(service, [*self.words(service, service.command), "-D", data, "-k", sockets, "-p", number, "-c", "listen_addresses=127.0.0.1"])
        process.wait_for("ready to accept connections")
        password = pathlib.Path(environment["POSTGRES_PASSWORD_FILE"]).read_text().strip()
        for mount in service.mounts:
            if mount.target.startswith("/docker-entrypoint-initdb.d/"):
                said = self.run(service, ["psql", "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-h", sockets, "-p", number, "-U", environment["POSTGRES_USER"],
                                          "-f", self.place(service, mount.target)], PGPASSWORD=password)
                assert said.returncode == 0, said.stderr
        self.await_health(service)

    def start_redis(self, service):
        number = str(self.port(service.name, 6379))
        self.begin(service, [*self.words(service, service.command), "--tls-port", number, "--bind", "127.0.0.1"])
        self.await_health(service)

    def start_mail(self, service):
        environment = self.environment(service)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(environment["MP_SMTP_TLS_CERT"], environment["MP_SMTP_TLS_KEY"])
        assert environment["MP_SMTP_REQUIRE_STARTTLS"] == "true"
        self.mail = Sink(tls=context, port=int(environment["MP_SMTP_BIND_ADDR"].rsplit(":", 1)[1]))
        self.running.append(self.mail)

    def start_yett(self, service):
        self.begin(service, [self.binary, *self.words(service, service.command)])
        self.await_health(service)

    def start_prometheus(self, service):
        self.begin(service, ["prometheus", *self.words(service, service.command)])
        url = self.words(service, service.health)[-1]
        harness.wait_until(lambda: answers(url), harness.START_TIMEOUT, "Prometheus to be well")

    # ---------------------------------------------------------------------------------

    def secret(self, volume, name):
        return (self.volume(volume) / name).read_text().strip()

    def stop(self):
        while self.running:
            self.running.pop().stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def answers(url):
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False
