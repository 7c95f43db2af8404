"""Every profile is a configuration that starts as it is delivered."""

import pytest

import profiles

NAMES = ["api-body", "api-cookie", "first-party-api", "verified-users", "web-app"]


def test_there_are_five_profiles():
    assert sorted(file.stem for file in profiles.FOLDER.glob("*.yaml")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_passes_the_check(name, tmp_path):
    done = profiles.checked(name, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stdout + done.stderr
