"""The table of RFC 9113 and RFC 7541, at the program: plain by prior knowledge, and with TLS."""

import pytest

import application
import case
import frames
import sections
import servers


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    behind = application.Application()
    program = servers.yett(tmp_path_factory.mktemp("gateway"), behind.port)
    yield program
    program.stop()
    behind.stop()


def rows(tls):
    return [pytest.param(each, id=each.name.replace("::", ": :")) for each in sections.all_cases(frames.Requests("https" if tls else "http"))]


@pytest.mark.parametrize("row", rows(False))
def test_plain(server, row):
    hold(row, server, False)


@pytest.mark.parametrize("row", rows(True))
def test_with_tls(server, row):
    hold(row, server, True)


def hold(row, server, tls):
    met, happened = case.judge(row, server, tls)
    assert met, f"{row.name} wanted: {'; '.join(map(str, row.accepts))}; came: {happened}"


def test_the_table_is_whole():
    """As many rows as were promised, no two of one name, each with a section and a sentence."""
    table = sections.all_cases(frames.Requests())
    assert len(table) >= 140 and len({each.name for each in table}) == len(table)
    assert all(each.section[0].isdigit() and each.asks.endswith(".") and each.accepts for each in table)
