import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "benchmarks"))


@pytest.fixture(autouse=True)
def fewer_draws(monkeypatch):
    """A thousand samples place an interval well enough for what is planted here."""
    monkeypatch.setattr("ratio.DRAWS", 1000)
