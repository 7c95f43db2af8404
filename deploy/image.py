#!/usr/bin/python3
"""Makes the container image of a tested package, and tries it before it leaves.

    deploy/image.py PACKAGE FOLDER      leaves FOLDER/yett-VERSION.tar, for `docker load` and `podman load`

By Debian's buildah, in storage of its own that is gone afterwards, and without a daemon: steps run in a chroot, so
that this works inside of containers, too. The base image is pulled; where that cannot be, debootstrap makes one
of the same packages. What is tried: the program runs by the image's own entry point as 65532, on a root that is read-only but for the
volume and /tmp; its health check says so, it serves a request, and it ends at the image's stop signal.

Needs root, for debootstrap and for the chroot.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

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
    """The name of the image that ours begins with."""
    if buildah.succeeds("pull", "--retry", "0", BASE) or buildah.succeeds("pull", BASE):
        return BASE
    print(f"{BASE} cannot be pulled; debootstrap makes a base", flush=True)
    tree = folder / "bookworm"
    run("debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", tree, stdout=subprocess.DEVNULL)
    copy_apt_sources(tree)
    container = buildah("from", "scratch")
    buildah("copy", "--quiet", container, tree, "/")
    buildah("commit", "--quiet", "--rm", container, "localhost/debian:12-made")
    shutil.rmtree(tree)
    return "localhost/debian:12-made"


def copy_apt_sources(tree):
    """Security updates come from where this machine has them from."""
    shutil.copytree("/etc/apt/sources.list.d", tree / "etc/apt/sources.list.d", dirs_exist_ok=True,
                    ignore=lambda _, names: [name for name in names if name != "debian.sources"])
    if (tree / "etc/apt/sources.list.d/debian.sources").exists():
        (tree / "etc/apt/sources.list").unlink(missing_ok=True)


def build(buildah, base, package, version):
    context = ROOT / "build/package"
    if package.parent != context:
        context.mkdir(parents=True, exist_ok=True)
        shutil.copy(package, context)
    revision = output_of("git", "-c", f"safe.directory={ROOT}", "rev-parse", "HEAD", cwd=ROOT)
    tag = f"localhost/yett:{version}"
    # Docker's format, for the other one has no health check. The network is the machine's: a chroot has none of its own.
    run(*buildah.words, "build", "--isolation", "chroot", "--network", "host", "--format", "docker", "--layers=false",
        "--build-arg", f"BASE={base}", "--build-arg", "PACKAGE=tested", "--build-arg", f"VERSION={version}",
        "--build-arg", f"REVISION={revision}", "--file", ROOT / "deploy/Dockerfile", "--tag", tag, ROOT)
    return tag


class Container:
    """The image's program as an engine starts it: its user, entry point and folder, on a root that is read-only."""

    def __init__(self, buildah, image, folder):
        self.buildah = buildah
        self.name = buildah("from", image)
        self.config = json.loads(buildah("inspect", "--type", "image", image))["Docker"]["config"]
        self.tree = pathlib.Path(buildah("mount", self.name))
        self.root = folder / "running"
        self.process = None
        self.mount()

    def mount(self):
        self.root.mkdir()
        etc = self.tree / "etc/yett/yett.yaml"
        etc.write_text(SETTINGS)
        run("mount", "--bind", self.tree, self.root)
        run("mount", "-o", "remount,bind,ro", self.root)
        for place in [*self.config["Volumes"], "/tmp"]:
            run("mount", "-t", "tmpfs", "-o", "mode=1777" if place == "/tmp" else f"uid={USER.split(':')[0]},gid={USER.split(':')[1]},mode=0700",
                "tmpfs", f"{self.root}{place}")
        for place in ("/proc", "/dev"):
            run("mount", "--bind", place, f"{self.root}{place}")

    def words(self, command):
        return ["chroot", f"--userspec={self.config['User']}", self.root, *command]

    def start(self):
        command = self.config["Entrypoint"] + self.config["Cmd"]
        script = f'cd {self.config["WorkingDir"]} && exec "$@"'
        environment = dict(pair.split("=", 1) for pair in self.config["Env"])
        self.process = subprocess.Popen(map(str, self.words(["sh", "-c", script, "sh", *command])), env=environment,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def health(self):
        test = self.config["Healthcheck"]["Test"]
        return subprocess.run(map(str, self.words(test[1:])), capture_output=True, text=True).returncode == 0

    def refuses_to_be_written(self):
        done = subprocess.run(["chroot", self.root, "touch", "/usr/written"], capture_output=True, text=True)
        return "Read-only file system" in done.stderr

    def close(self):
        if self.process:
            self.process.kill()
            print(self.process.communicate()[0], end="", flush=True)
        for place in ["/proc", "/dev", "/tmp", *self.config["Volumes"], ""]:
            subprocess.run(["umount", f"{self.root}{place}"], check=False)
        self.buildah("umount", self.name)
        self.buildah("rm", self.name)


def require(holds, what):
    if not holds:
        raise SystemExit(f"the image is not as promised: {what}")
    print(f"  {what}", flush=True)


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


def try_out(container):
    container.start()
    process = pathlib.Path(f"/proc/{container.process.pid}")
    require(wait_until(container.health, 30), "its health check says that it lives")
    status = (process / "status").read_text()
    require(re.search(r"^Uid:\t65532\t65532\t65532", status, re.M), "it runs as 65532")
    require(re.search(r"^CapEff:\t0+$", status, re.M), "it has no capability")
    require(container.refuses_to_be_written(), "its root is read-only, to root as well")
    require(status_of("http://127.0.0.1:4080/") == "401", "it refuses who brings no credential")
    require(status_of("http://127.0.0.1:4090/readyz") == "200", "it is ready")
    container.process.terminate()
    require(container.process.wait(30) == 0, f"it ends at {container.config['StopSignal']}")
    require(not container.health(), "its health check says that it lives no more")


def labels_of(container):
    return {name.removeprefix("org.opencontainers.image."): value for name, value in container.config["Labels"].items()}


def run_by_buildah(buildah, image):
    """The image's command as buildah runs it."""
    name = buildah("from", image)
    try:
        return buildah("run", "--isolation", "chroot", "--network", "host", name, "--", "/usr/bin/yett", "version")
    finally:
        buildah("rm", name)


def main(package, folder):
    version = re.match(r"yett_([^_]+)_", package.name)[1]
    with tempfile.TemporaryDirectory(prefix="yett-image-", dir=os.environ.get("TMPDIR", "/var/tmp")) as temporary:
        temporary = pathlib.Path(temporary)
        buildah = Buildah(temporary)
        image = build(buildah, base_image(buildah, temporary), package, version)
        print(run_by_buildah(buildah, image), flush=True)
        container = Container(buildah, image, temporary)
        try:
            require(labels_of(container)["version"] == version, f"its labels say what it is: {labels_of(container)}")
            try_out(container)
        finally:
            container.close()
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"yett-{version}.tar"
        file.unlink(missing_ok=True)
        buildah("push", "--quiet", image, f"docker-archive:{file}:yett:{version}")
    print(f"{file}, {file.stat().st_size / 2**20:.0f} MiB")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
