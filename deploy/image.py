#!/usr/bin/python3
"""Makes the container image of a tested package, and tries it before it leaves.

    deploy/image.py PACKAGE FOLDER      leaves FOLDER/yett-VERSION.tar, for `docker load` and `podman load`

By Debian's buildah, in storage of its own that is gone afterwards, and without a daemon: steps run in a chroot, so
that this works inside of containers, too. The base image is pulled; where that cannot be, debootstrap makes one
of the same packages. What is tried: the program runs by the image's own entry point as 65532, on a root that is read-only but for the
volume and /tmp; its health check says so, it serves a request, and it ends at the image's stop signal. What held is printed,
a line for each, which `./dev prove image` keeps.

Needs root, for debootstrap and for the chroot.
"""

import hashlib
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

import bookworm

ROOT = pathlib.Path(__file__).resolve().parent.parent
BASE = "docker.io/library/debian:12-slim"
USER = "65532:65532"

# One listener without TLS and a store in the volume: what is tried is the image.
SETTINGS = """\
version: 1
listeners: [{ address: "127.0.0.1:4080" }]
management: { socket: /var/lib/yett/yett.sock }
upstreams: { app: { servers: ["http://127.0.0.1:9"] } }
routes: [{ name: everything, match: { path: "/**" }, access: authenticated, upstream: app }]
tokens: { issuer: "https://auth.example.com", audience: [api], algorithm: ES256 }
storage: { url: "sqlite:/var/lib/yett/yett.db" }
mail: { url: "file:/var/lib/yett/outbox", public_url: "https://app.example.com", from: "Example <no-reply@example.com>" }
"""


def run(*command, **more):
    return subprocess.run([str(word) for word in command], check=True, text=True, **more)


def output_of(*command, **more):
    return run(*command, stdout=subprocess.PIPE, **more).stdout.strip()


class Buildah:
    """buildah with everything it keeps below one folder."""

    def __init__(self, folder):
        self.words = ["buildah", "--root", folder / "root", "--runroot", folder / "run", "--storage-driver", "vfs"]

    def __call__(self, command, *words):
        return output_of(*self.words, command, *words)

    def succeeds(self, command, *words):
        done = subprocess.run([*map(str, self.words), command, *words], capture_output=True, text=True)
        return done.returncode == 0


def base_image(buildah, folder):
    """(the name of the image that ours begins with, where it is from)"""
    if buildah.succeeds("pull", "--retry", "0", BASE) or buildah.succeeds("pull", BASE):
        return BASE, f"{BASE}, pulled"
    print(f"{BASE} cannot be pulled; debootstrap makes a base", flush=True)
    tree = folder / "bookworm"
    bookworm.make(tree, "ca-certificates")
    container = buildah("from", "scratch")
    buildah("copy", "--quiet", container, tree, "/")
    buildah("commit", "--quiet", "--rm", container, "localhost/debian:12-made")
    shutil.rmtree(tree)
    return "localhost/debian:12-made", "Debian 12, made by debootstrap"


class Package:
    """The tested one: its program is what the image has to run."""

    def __init__(self, file, folder):
        self.file, self.program = file, folder / "package/usr/bin/yett"
        self.version = re.match(r"yett_([^_]+)_", file.name)[1]
        run("dpkg-deb", "--extract", file, folder / "package")

    def says(self):
        return output_of(self.program, "version")

    def revision(self):
        """Of the sources that the program was built of, which need not be those that lie here now."""
        return re.search(r"\((\w+(?:-dirty)?),", self.says())[1]


def build(buildah, base, package):
    context = ROOT / "build/package"
    if package.file.parent != context:
        context.mkdir(parents=True, exist_ok=True)
        shutil.copy(package.file, context)
    tag = f"localhost/yett:{package.version}"
    # Docker's format, for the other one has no health check. The network is the machine's: a chroot has none of its own.
    run(*buildah.words, "build", "--isolation", "chroot", "--network", "host", "--format", "docker", "--layers=false",
        "--build-arg", f"BASE={base}", "--build-arg", "PACKAGE=tested", "--build-arg", f"VERSION={package.version}",
        "--build-arg", f"REVISION={package.revision()}", "--file", ROOT / "deploy/Dockerfile", "--tag", tag, ROOT)
    return tag


class Container:
    """The image as `buildah run` runs it: its user, entry point, folder and volume, on a root that is read-only.

    buildah has no word for a root that is read-only. It binds the container's folder, and a bind of what was bound
    read-only is so, too; what it puts into the folder has to be there before, and when it cleans up it has to find the
    folder as it was.
    """

    def __init__(self, buildah, image, folder):
        self.buildah, self.process, self.pid = buildah, None, None
        self.name = buildah("from", image)
        self.config = json.loads(buildah("inspect", "--type", "image", image))["Docker"]["config"]
        self.root = pathlib.Path(buildah("mount", self.name))
        self.volume = folder / "volume"
        self.volume.mkdir()
        os.chown(self.volume, *map(int, USER.split(":")))
        (self.root / "etc/yett/yett.yaml").write_text(SETTINGS)
        (self.root / "run").mkdir(exist_ok=True)
        (self.root / "run/.containerenv").touch()
        run("mount", "--bind", self.root, self.root)

    def turn(self, how):
        run("mount", "-o", f"remount,bind,{how}", self.root)

    def start(self):
        self.turn("ro")
        command = self.config["Entrypoint"] + self.config["Cmd"]
        volumes = [word for place in self.config["Volumes"] for word in ("--volume", f"{self.volume}:{place}")]
        words = [*self.buildah.words, "run", "--isolation", "chroot", "--network", "host", "--cap-drop", "all",
                 "--mount", "type=tmpfs,target=/tmp", *volumes, self.name, "--", *command]
        self.process = subprocess.Popen(map(str, words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def find(self):
        """The program itself, below buildah and its helpers."""
        if self.process.poll() is not None:
            raise SystemExit(f"buildah run ended with {self.process.returncode}")
        self.pid = next((pid for pid in descendants(self.process.pid) if executable_of(pid) == self.config["Entrypoint"][0]), None)
        return self.pid is not None

    def inside(self, *words):
        """Beside the program, as engines run health checks."""
        user, group = self.config["User"].split(":")
        return subprocess.run(["nsenter", "-t", str(self.pid), "--mount", "--root", f"--setuid={user}", f"--setgid={group}", *words],
                              capture_output=True, text=True)

    def health(self):
        return self.inside(*self.config["Healthcheck"]["Test"][1:]).returncode == 0

    def mount_of_root(self):
        lines = pathlib.Path(f"/proc/{self.pid}/mountinfo").read_text().splitlines()
        return next(line.split()[5].split(",") for line in lines if line.split()[4] == "/")

    def end(self):
        """The exit status at the image's own signal."""
        self.turn("rw")
        os.kill(self.pid, getattr(signal, self.config["StopSignal"]))
        return self.process.wait(30)

    def close(self):
        if self.process and self.process.poll() is None:
            for pid in descendants(self.process.pid):
                os.kill(pid, signal.SIGKILL)
            self.process.kill()
        if self.process:
            print(self.process.communicate()[0], end="", flush=True)
        subprocess.run(["umount", self.root], check=False)
        self.buildah("umount", self.name)
        self.buildah("rm", self.name)


def descendants(pid):
    """A child is told with the thread that made it, and buildah has many."""
    children = []
    for thread in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children += map(int, thread.read_text().split())
        except OSError:
            pass
    return [each for child in children for each in (child, *descendants(child))]


def executable_of(pid):
    """As it is called inside of its root."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0]
    except OSError:
        return ""


def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def require(holds, what, how):
    """Each is a line of docs/proofs/image.md."""
    if not holds:
        raise SystemExit(f"the image is not as promised: {what}: {how}")
    print(f"  {what}: {how}", flush=True)


def wait_until(holds, seconds):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def status_of(url):
    done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url], capture_output=True, text=True)
    return done.stdout


def labels_of(container):
    labels = container.config["Labels"].items()
    return {name.removeprefix("org.opencontainers.image."): value for name, value in labels if name.startswith("org.opencontainers.image.")}


def look_at(container, package):
    """What can be told before it runs."""
    inside = container.root / container.config["Entrypoint"][0].lstrip("/")
    require(digest(inside) == digest(package.program), "program", f"the package's to the byte, {package.says()}, sha256 {digest(inside)[:16]}…")
    labels = labels_of(container)
    require((labels["version"], labels["revision"]) == (package.version, package.revision()), "labels",
            ", ".join(f"{name} {value}" for name, value in sorted(labels.items())))
    require(container.config["User"] == USER, "user of the image", USER)


def try_out(container):
    began = time.monotonic()
    container.start()
    require(wait_until(container.find, 30), "started by", "buildah run --isolation chroot")
    require(wait_until(container.health, 30), "health check", f"well after {time.monotonic() - began:.1f} s")
    status = pathlib.Path(f"/proc/{container.pid}/status").read_text()
    require(re.search(r"^Uid:(\t65532){4}$", status, re.M) and re.search(r"^Gid:(\t65532){4}$", status, re.M), "runs as", "65532:65532")
    require(re.search(r"^CapEff:\t0+$", status, re.M) and re.search(r"^CapPrm:\t0+$", status, re.M), "capabilities", "none")
    require("ro" in container.mount_of_root(), "root", "mounted read-only")
    require("Read-only file system" in container.inside("touch", "/usr/written").stderr, "a write to it", "refused")
    require(status_of("http://127.0.0.1:4080/") == "401", "a request without a credential", "401")
    require(status_of("http://127.0.0.1:4090/readyz") == "200", "readiness", "200")
    require(container.end() == 0, f"exit status at {container.config['StopSignal']}", "0")


def main(file, folder):
    with tempfile.TemporaryDirectory(prefix="yett-image-", dir=os.environ.get("TMPDIR", "/var/tmp")) as temporary:
        temporary = pathlib.Path(temporary)
        buildah, package = Buildah(temporary), Package(file, temporary)
        base, origin = base_image(buildah, temporary)
        image = build(buildah, base, package)
        require(True, "base", origin)
        container = Container(buildah, image, temporary)
        try:
            look_at(container, package)
            try_out(container)
        finally:
            container.close()
        folder.mkdir(parents=True, exist_ok=True)
        archive = folder / f"yett-{package.version}.tar"
        archive.unlink(missing_ok=True)
        buildah("push", "--quiet", image, f"docker-archive:{archive}:yett:{package.version}")
    require(True, "archive", f"{archive.name}, {archive.stat().st_size / 2**20:.0f} MiB")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
