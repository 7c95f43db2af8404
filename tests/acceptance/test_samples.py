"""Every profile is a configuration that starts as it is delivered."""

import pytest

import profiles

NAMES = ["api-cookie", "first-party-api", "verified-users", "web-app"]


def test_every_profile_is_named_here():
    assert sorted(file.stem for file in profiles.FOLDER.glob("*.yaml")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_passes_the_check(name, tmp_path):
    done = profiles.checked(name, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stdout + done.stderr
