"""A Debian 12 in a folder, made by debootstrap: what a fresh machine and a base image begin with. Needs root."""

import shutil
import subprocess


def make(tree, *packages):
    """The least there is, and these packages."""
    include = ["--include=" + ",".join(packages)] if packages else []
    subprocess.run(["debootstrap", "--variant=minbase", *include, "bookworm", tree], check=True, stdout=subprocess.DEVNULL)
    _copy_apt_sources(tree)


def _copy_apt_sources(tree):
    """Security updates come from where this machine has them from."""
    shutil.copytree("/etc/apt/sources.list.d", tree / "etc/apt/sources.list.d", dirs_exist_ok=True,
                    ignore=lambda _, names: [name for name in names if name != "debian.sources"])
    if (tree / "etc/apt/sources.list.d/debian.sources").exists():
        (tree / "etc/apt/sources.list").unlink(missing_ok=True)
