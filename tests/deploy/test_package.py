"""The package for Debian: what is in it, what it does to a machine, and what lintian says."""

import gzip
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

import harness

BUILD = harness.ROOT / "deploy/debian/build.py"


def output_of(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, timeout=300).stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return pathlib.Path(output_of(BUILD, harness.BINARY, tmp_path_factory.mktemp("package")).strip())


@pytest.fixture(scope="module")
def tree(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tree")
    output_of("dpkg-deb", "--raw-extract", package, folder)
    return folder


def field(package, name):
    return output_of("dpkg-deb", "--field", package, name).strip()


def test_its_name_version_and_program_agree(package, tree):
    version = re.search(r"project\(yett VERSION (\S+)", (harness.ROOT / "CMakeLists.txt").read_text())[1]
    assert field(package, "Version") == version
    assert package.name == f"yett_{version}_{field(package, 'Architecture')}.deb"
    assert output_of(tree / "usr/bin/yett", "version").startswith(f"yett {version} ")


def test_it_needs_the_libraries_that_the_program_is_linked_with(package, tree):
    wanted = {part.split()[0] for part in field(package, "Depends").split(", ")}
    assert {"adduser", "ca-certificates", "libc6", "libssl3", "libpq5", "libsqlite3-0"} <= wanted
    assert not any(name.endswith("-dev") for name in wanted)


def test_nothing_in_it_belongs_to_somebody_or_is_open_to_everybody(package):
    for line in output_of("dpkg-deb", "--contents", package).splitlines():
        mode, owner = line.split()[:2]
        assert owner == "root/root", line
        assert mode[0] == "l" or mode[8] != "w", line


def test_what_an_operator_edits_is_kept(tree):
    kept = (tree / "DEBIAN/conffiles").read_text().split()
    assert sorted(kept) == ["/etc/logrotate.d/yett", "/etc/yett/yett.yaml"]


def test_scripts_are_shell_and_leave_accounts_alone(tree):
    for name in ("postinst", "prerm", "postrm"):
        subprocess.run(["sh", "-n", tree / "DEBIAN" / name], check=True)
        assert not re.search(r"rm\b.*/var/lib|deluser|userdel", (tree / "DEBIAN" / name).read_text())


def test_its_configuration_names_only_what_is_in_the_package_or_the_operators(tree):
    config = yaml.safe_load((tree / "etc/yett/yett.yaml").read_text())
    assert config["storage"]["url"] == "sqlite:/var/lib/yett/yett.db"
    examples = sorted(file.stem for file in (tree / "usr/share/doc/yett/examples").iterdir())
    assert examples == sorted(file.stem for file in (harness.ROOT / "config/samples/profiles").glob("*.yaml"))


def test_the_man_page_names_every_command(tree):
    page = gzip.decompress((tree / "usr/share/man/man8/yett.8.gz").read_bytes()).decode()
    page = re.sub(r"\\f[BIRP]", "", page).replace("\\-", "-")
    commands = re.findall(r"^  ([a-z-]+)  +\S", output_of(tree / "usr/bin/yett", "--help").split("Subcommands:")[1], re.M)
    assert len(commands) > 10
    for command in commands:
        assert re.search(rf"\b{command}\b", page), command


@pytest.mark.skipif(not shutil.which("man"), reason="man is not installed")
def test_the_man_page_is_one():
    done = subprocess.run(["man", "--warnings", "--local-file", harness.ROOT / "deploy/yett.8"], capture_output=True, text=True,
                          env={**os.environ, "MANWIDTH": "100", "LC_ALL": "C.UTF-8"}, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert "drain_delay" in done.stdout and "drain_timeout" in done.stdout


def test_the_same_makes_the_same(package, tmp_path):
    again = pathlib.Path(output_of(BUILD, harness.BINARY, tmp_path).strip())
    assert again.read_bytes() == package.read_bytes()


def test_lintian_finds_no_error(package):
    done = subprocess.run(["lintian", "--fail-on", "error", "--tag-display-limit", "0", "--allow-root", package],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
