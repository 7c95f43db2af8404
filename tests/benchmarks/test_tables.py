"""Tables run from end to end, as small as they can be; figures are for `./dev bench`."""

import argparse
import os
import pathlib

import pytest

import measure
from parts.figures import Section
from parts.machine import Machine
from parts.page import page
from peers import yett
from tables import handshakes, http2_idle, routes, upstreams
from tables.contestants import NGINX, YETT

BINARY = os.environ.get("YETT_BIN", "")

pytestmark = pytest.mark.skipif(not pathlib.Path(BINARY).is_file(), reason="YETT_BIN names no program")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(routes, "COUNTS", dict(zip(routes.COUNTS, (10, 100), strict=True)))
    monkeypatch.setattr(http2_idle, "IDLE", 20)
    for table in (handshakes, upstreams, routes, http2_idle):
        name = "CONTESTANTS" if table in (routes, http2_idle) else "ALL"
        monkeypatch.setattr(table, name, [NGINX, YETT["RS256"]])


# The others are made of the same parts, and take longer than a test should.
@pytest.mark.parametrize("name", ["handshakes", "upstreams", "routes", "http2_idle"])
def test_a_table_of_one_round(name):
    table = measure.table_of(name)
    result = measure.measured(table, argparse.Namespace(yett=BINARY, rounds=1, seconds=0.1))
    sections = [part for part in result if isinstance(part, Section)]
    assert sections and all(value > 0 for section in sections if section.beside for value in section.rounds[0].values())
    assert any("Yett" in row for section in sections for row in [section.title, *section.names()])
    text = page(table, result, {"Commit": "none"}, Machine(), 1, None)
    assert text.startswith(f"# {table.title}") and text.count("\n## ") == len(sections) + 1


def test_a_server_that_this_build_does_not_know_is_told_by_its_name(tmp_path):
    folder = tmp_path / "bench"
    folder.mkdir()
    bench = measure.Bench(folder, BINARY)
    file = folder / "yett.yaml"
    file.write_text('{"version": 1, "upstreams": {"app": {"servers": ["h2c://127.0.0.1:1"]}}, "routes": []}')
    with pytest.raises(yett.Unsupported, match="h2c"):
        yett.refuse_unsupported(bench, file)
