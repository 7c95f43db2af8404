#!/usr/bin/python3
"""Puts a built program into a package for Debian.

    deploy/debian/build.py PROGRAM FOLDER      leaves FOLDER/yett_VERSION_ARCHITECTURE.deb and prints its path

Nothing is compiled here, so that what was tested is what is installed. The libraries that the package needs are read from
the program by dpkg-shlibdeps. The same program, sources and commit make the same package to the byte.
"""

import gzip
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# From the repository to the place in the package; what lies below etc is the operator's (a conffile).
FILES = {
    "deploy/yett.yaml": "etc/yett/yett.yaml",
    "deploy/yett.logrotate": "etc/logrotate.d/yett",
    "deploy/yett.service": "lib/systemd/system/yett.service",
    "deploy/yett.socket": "lib/systemd/system/yett.socket",
    "deploy/debian/copyright": "usr/share/doc/yett/copyright",
    "deploy/debian/README.Debian": "usr/share/doc/yett/README.Debian",
    **{f"docs/{name}.md": f"usr/share/doc/yett/{name}.md"
       for name in ("configuration", "http-api", "assertion", "operations", "recovery", "security")},
    **{f"config/samples/profiles/{file.name}": f"usr/share/doc/yett/examples/{file.name}"
       for file in sorted((ROOT / "config/samples/profiles").glob("*.yaml"))},
}
COMPRESSED = {"deploy/yett.8": "usr/share/man/man8/yett.8.gz", "deploy/debian/changelog": "usr/share/doc/yett/changelog.gz"}
SCRIPTS = ("postinst", "prerm", "postrm")


def output_of(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout.strip()


def facts():
    """Version and maintainer, as the changelog's first entry has them."""
    text = (HERE / "changelog").read_text()
    return {"version": re.match(r"yett \(([^)]+)\)", text)[1], "maintainer": re.search(r"^ -- (.+?>)  ", text, re.M)[1]}


def add(tree, place, content, mode=0o644):
    file = tree / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)


def fill(tree, program):
    add(tree, "usr/bin/yett", program.read_bytes(), 0o755)
    subprocess.run(["strip", "--remove-section=.comment", "--remove-section=.note", tree / "usr/bin/yett"], check=True)
    for source, place in FILES.items():
        add(tree, place, (ROOT / source).read_bytes())
    for source, place in COMPRESSED.items():
        add(tree, place, gzip.compress((ROOT / source).read_bytes(), 9, mtime=0))
    (tree / "etc/yett/tls").mkdir()


def libraries_of(program):
    """What the program is linked with, as packages with versions."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "debian").mkdir()
        (pathlib.Path(folder) / "debian/control").write_text("Source: yett\n\nPackage: yett\nArchitecture: any\n")
        line = output_of("dpkg-shlibdeps", "-O", program, cwd=folder)
    return line.removeprefix("shlibs:Depends=")


def describe(tree):
    files = sorted(file for file in tree.rglob("*") if file.is_file())
    places = {str(file.relative_to(tree)): file for file in files}
    sums = "".join(f"{hashlib.md5(file.read_bytes()).hexdigest()}  {place}\n" for place, file in places.items()
                   if not place.startswith("etc/"))
    conffiles = "".join(f"/{place}\n" for place in places if place.startswith("etc/"))
    control = (HERE / "control").read_text().format(
        architecture=output_of("dpkg", "--print-architecture"), libraries=libraries_of(tree / "usr/bin/yett"),
        size=sum(-(-file.stat().st_size // 1024) for file in files), **facts())
    for name, text in {"control": control, "conffiles": conffiles, "md5sums": sums}.items():
        add(tree, f"DEBIAN/{name}", text.encode())
    for name in SCRIPTS:
        add(tree, f"DEBIAN/{name}", (HERE / name).read_bytes(), 0o755)


def time_of_commit():
    try:
        return output_of("git", "log", "-1", "--format=%ct", cwd=ROOT)
    except (OSError, subprocess.CalledProcessError):
        return "0"


def build(program, folder):
    folder.mkdir(parents=True, exist_ok=True)
    # Folders of a package are for everybody to enter, whatever the umask says.
    os.umask(0o022)
    with tempfile.TemporaryDirectory() as temporary:
        tree = pathlib.Path(temporary) / "yett"
        tree.mkdir()
        fill(tree, program)
        describe(tree)
        environment = {"SOURCE_DATE_EPOCH": time_of_commit(), **os.environ}
        made = output_of("dpkg-deb", "--root-owner-group", "-Zxz", "--build", tree, folder, env=environment)
    return pathlib.Path(re.search(r"in '(.+)'\.$", made)[1])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    missing = [tool for tool in ("dpkg-deb", "dpkg-shlibdeps", "strip") if not shutil.which(tool)]
    if missing:
        sys.exit("missing: " + ", ".join(missing))
    print(build(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()))
