#!/usr/bin/python3
"""A fresh Debian installs the package and serves. Run by `./dev prove package`; needs root.

    prove_package.py PACKAGE

debootstrap makes the Debian, with the least there is. In it, in namespaces of its own, the steps of README.Debian are taken:
the configuration that came with the package is changed where it says so, nowhere else. There is no systemd in a folder; what the unit
says is run without it: its command, as its user, without a right. The application behind is the package's sample. All traffic is
on a loopback of its own.
"""

import configparser
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "deploy"), str(ROOT / "tests/fleet")]

import bookworm  # noqa: E402
import proof  # noqa: E402

PASSWORD = "correct horse battery staple"
BODY = json.dumps({"email": "ada@example.com", "password": PASSWORD})
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def require(holds, what, how):
    if not holds:
        proof.figure(what, f"NOT {how}")
        raise SystemExit(proof.BROKEN)
    proof.figure(what, how)


def wait_until(holds, seconds=30):
    end = time.monotonic() + seconds
    while not (found := holds()):
        if time.monotonic() > end:
            return found
        time.sleep(0.1)
    return found


class Machine:
    """A Debian in a folder. `run` works in it; `start` and `ask` in its namespaces, which have a loopback and nothing else."""

    def __init__(self, folder):
        self.tree = folder / "debian"
        bookworm.make(self.tree)
        self.mounted = []
        for place, words in {"proc": ["-t", "proc", "proc"], "dev": ["--bind", "/dev"], "run": ["-t", "tmpfs", "tmpfs"]}.items():
            subprocess.run(["mount", *words, self.tree / place], check=True)
            self.mounted.append(self.tree / place)
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"], stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "up\n"
        self.running = []

    def run(self, *words, may_fail=False, inside=False, **more):
        """Its standard output; `inside`: on its own loopback. Fails loudly, unless that is one of the answers."""
        where = ["nsenter", "-t", str(self.holder.pid), "--net"] if inside else []
        done = subprocess.run([*where, "chroot", self.tree, *words], capture_output=True, text=True, env=ENVIRONMENT, timeout=600, **more)
        if done.returncode != 0 and not may_fail:
            sys.exit(f"{words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def start(self, user, command):
        words = ["nsenter", "-t", str(self.holder.pid), "--net", "chroot", self.tree, "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups",
                 "--no-new-privs", "--bounding-set=-all", *command]
        process = subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.running.append(process)
        return process

    def ask(self, path, *words):
        """(status, body) of the gateway, by this machine's curl, with the certificate looked at."""
        done = subprocess.run(["nsenter", "-t", str(self.holder.pid), "--net", "curl", "-s", "--cacert", self.tree / "srv/certs/ca.crt", "-w", "\n%{http_code}",
                               *words, f"https://localhost:4443{path}"], capture_output=True, text=True, timeout=60)
        body, _, status = done.stdout.rpartition("\n")
        return int(status or 0), body

    def close(self):
        for process in self.running:
            process.kill()
        self.holder.kill()
        for place in reversed(self.mounted):
            subprocess.run(["umount", "--lazy", place], check=False)


def install(machine, package):
    before = set(machine.run("dpkg-query", "-Wf", "${Package}\\n").split())
    shutil.copy(package, machine.tree / "srv")
    machine.run("apt-get", "update")
    machine.run("apt-get", "install", "-y", "--no-install-recommends", f"/srv/{package.name}")
    came = set(machine.run("dpkg-query", "-Wf", "${Package}\\n").split()) - before
    proof.figure("Debian", f"{(machine.tree / 'etc/debian_version').read_text().strip()}, {len(before)} packages")
    require("yett" in came, "installed", f"{package.name} and {len(came) - 1} packages that it needs")
    require(machine.run("dpkg", "--verify", "yett") == "" and machine.run("dpkg", "--audit") == "", "dpkg finds", "nothing to complain of")
    proof.figure("program", machine.run("/usr/bin/yett", "version"))


def configure(machine):
    """Steps 1 to 3 of README.Debian."""
    machine.run("yett", "dev-certs", "/srv/certs")
    file = machine.tree / "etc/yett/yett.yaml"
    text = file.read_text()
    marked = [line for line in text.splitlines() if line.rstrip().endswith("# change")]
    # The application and the certificate's files are where it says; the issuer and the addresses are this machine's.
    for what in ("issuer: https://example.com", "public_url: https://example.com"):
        assert what in text
        text = text.replace(what, what.replace("example.com", "localhost:4443"))
    file.write_text(text)
    for mode, source, target in (("0644", "leaf.crt", "chain.pem"), ("0640", "leaf.key", "key.pem")):
        machine.run("install", "-o", "root", "-g", "yett", "-m", mode, f"/srv/certs/{source}", f"/etc/yett/tls/{target}")
    (machine.tree / "srv/mail.url").write_text("file:/var/lib/yett/outbox\n")
    machine.run("install", "-o", "root", "-g", "yett", "-m", "0640", "/srv/mail.url", "/etc/yett/mail.url")
    said = machine.run("runuser", "-u", "yett", "--", "yett", "check", "/etc/yett/yett.yaml")
    require(said == "/etc/yett/yett.yaml: fine", "yett check", f"fine; {len(marked)} lines were marked to change")


def unit_of(machine):
    unit = configparser.RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(machine.tree / "lib/systemd/system/yett.service")
    return unit["Service"]


def serve(machine):
    """Step 4."""
    unit = unit_of(machine)
    machine.start(unit["User"], ["/usr/bin/yett", "echo", "--address", "127.0.0.1:9000"])
    began = time.monotonic()
    gateway = machine.start(unit["User"], unit["ExecStart"].split())
    require(wait_until(lambda: machine.run("yett", "healthcheck", may_fail=True, inside=True) == "200"), "health check", f"well after {time.monotonic() - began:.1f} s")
    status = pathlib.Path(f"/proc/{gateway.pid}/status").read_text()
    number = machine.run("id", "-u", "yett")
    require(re.search(rf"^Uid:(\t{number}){{4}}$", status, re.M) and re.search(r"^CapEff:\t0+$", status, re.M), "runs as", f"{unit['User']}, without a capability")
    require(machine.ask("/")[0] == 401, "a request without a credential", "401")
    return gateway


def visit(machine):
    machine.run("yett", "users", "add", "ada@example.com", input=PASSWORD + "\n", inside=True)
    require("ada@example.com" in machine.run("yett", "users", "list", inside=True), "yett users add", "a user, by the socket, as root")
    status, body = machine.ask("/auth/login", "-H", "Content-Type: application/json", "-d", BODY)
    require(status == 200, "a login", "200")
    token = json.loads(body)["access_token"]
    status, body = machine.ask("/hello", "-H", f"Authorization: Bearer {token}")
    require(status == 200 and "ada@example.com" in body, "a request with its token", "200, and the application is told who asks")
    require(machine.ask("/auth/logout", "-X", "POST", "-H", f"Authorization: Bearer {token}", "-H", "Content-Type: application/json", "-d", "{}")[0] == 204
            and machine.ask("/hello", "-H", f"Authorization: Bearer {token}")[0] == 401, "after a logout", "401")


def look_at_files(machine):
    owned = machine.run("stat", "-c", "%U:%G %a %n", "/etc/yett", "/var/lib/yett", "/var/lib/yett/yett.db", "/var/log/yett", "/var/log/yett/access.log").splitlines()
    wanted = ["root:yett 750 /etc/yett", "yett:yett 700 /var/lib/yett", "yett:yett 600 /var/lib/yett/yett.db", "yett:yett 750 /var/log/yett"]
    require(owned[:4] == wanted and owned[4].startswith("yett:yett 6"), "files", "the service's, and nobody else's: " + ", ".join(owned))
    require('"path":"/hello"' in (machine.tree / "var/log/yett/access.log").read_text(), "access log", "has the requests")


def end(machine, gateway):
    gateway.send_signal(signal.SIGTERM)
    require(gateway.wait(60) == 0, "exit status at SIGTERM", "0")


def take_away(machine, package):
    """An upgrade keeps what was edited, a removal the accounts."""
    edited = (machine.tree / "etc/yett/yett.yaml").read_text()
    machine.run("apt-get", "install", "-y", "--no-install-recommends", "--reinstall", f"/srv/{package.name}")
    require((machine.tree / "etc/yett/yett.yaml").read_text() == edited, "installed once more", "keeps the configuration")
    machine.run("apt-get", "purge", "-y", "yett")
    require((machine.tree / "var/lib/yett/yett.db").exists() and not (machine.tree / "usr/bin/yett").exists() and not (machine.tree / "etc/yett/yett.yaml").exists()
            and machine.run("id", "-un", "yett", may_fail=True) == "yett", "purged", "leaves the accounts and their owner")


def main(package):
    with tempfile.TemporaryDirectory(prefix="yett-package-", dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        machine = Machine(pathlib.Path(folder))
        try:
            install(machine, package)
            configure(machine)
            gateway = serve(machine)
            visit(machine)
            look_at_files(machine)
            end(machine, gateway)
            take_away(machine, package)
        finally:
            machine.close()
    return proof.HELD


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if os.getuid() != 0:
        os.execvp("sudo", ["sudo", "--preserve-env=YETT_PROOF_FIGURES,TMPDIR", sys.executable, *sys.argv])
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
