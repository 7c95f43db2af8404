"""deploy/Dockerfile: what an image says of itself. `./dev image` makes one and runs it."""

import json
import re
import subprocess

import pytest

import harness

TEXT = re.sub(r"\\\n\s*", "", (harness.ROOT / "deploy/Dockerfile").read_text())
LAST_STAGE = TEXT.rpartition("\nFROM ")[2]


def words_of(instruction):
    """The last one, a list in JSON."""
    return json.loads(re.findall(rf"^{instruction} .*?(\[.*\])$", LAST_STAGE, re.M)[-1])


def test_it_runs_as_nobody_in_particular():
    user, group = re.search(r"^USER (\d+):(\d+)$", LAST_STAGE, re.M).groups()
    assert int(user) == int(group) == 65532
    assert f"--gid {group} yett" in LAST_STAGE and f"--uid {user}" in LAST_STAGE


def test_its_version_is_that_of_these_sources():
    version = re.search(r"project\(yett VERSION (\S+)", (harness.ROOT / "CMakeLists.txt").read_text())[1]
    assert f"\nARG VERSION={version}\n" in LAST_STAGE


@pytest.mark.parametrize("name", ["title", "description", "licenses", "version", "revision"])
def test_it_has_the_labels_of_the_oci(name):
    assert re.search(rf'org\.opencontainers\.image\.{name}="[^"]+"', LAST_STAGE)


def test_its_commands_are_commands_of_the_program():
    entry, command, health = words_of("ENTRYPOINT"), words_of("CMD"), words_of("HEALTHCHECK")
    assert entry == ["/usr/bin/yett"] and health[0] == entry[0]
    for words in (command, health[1:]):
        done = subprocess.run([harness.BINARY, words[0], "--help"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
    assert command[1] == "/etc/yett/yett.yaml" and (harness.ROOT / "deploy/yett.yaml").exists()


def test_it_writes_to_its_volume_alone_and_starts_there():
    assert re.findall(r"^VOLUME (\S+)$", LAST_STAGE, re.M) == re.findall(r"^WORKDIR (\S+)$", LAST_STAGE, re.M) == ["/var/lib/yett"]


def test_only_sources_and_the_package_go_to_the_builder():
    ignored = (harness.ROOT / ".dockerignore").read_text().split("\n")
    assert {".git", "build/*", "!build/package", "certs/dev", "var"} <= set(ignored)


def test_it_is_built_of_the_sources_unless_told_and_compiles_nothing_else():
    assert re.search(r"^ARG PACKAGE=of-sources$", TEXT, re.M)
    stages = re.split(r"^FROM ", TEXT, flags=re.M)[1:]
    assert [stage.split()[2] for stage in stages[:-1]] == ["of-sources", "tested", "package"]
    assert [("./dev" in stage) for stage in stages] == [True, False, False, False]
