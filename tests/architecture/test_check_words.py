"""The checks find what they are there for."""

import pytest

from check_words import line_complaints


@pytest.mark.parametrize("line", [
    'return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", at);',
    'return fmt::format("{0:%d %b}", at);',
    "#include <fmt/chrono.h>",
    "std::tm const local = fmt::localtime(second);",
    "::localtime_r(&now, &local);",
    "auto const at = mktime(&parts);",
    'db.run("SELECT strftime(\'%s\', made_at) FROM users");',
    'db.run("SELECT datetime(made_at, \'unixepoch\', \'localtime\') FROM users");',
    "std::chrono::year_month_day const date{day};",
    "out << std::put_time(&parts, form);",
    "puts(ctime(&now));",
])
def test_another_way_to_write_or_read_a_time_is_refused(line):
    assert list(line_complaints("gateway/pipeline/x.cpp", line))
    assert not list(line_complaints("gateway/base/text/rfc3339.cpp", line))


@pytest.mark.parametrize("line", [
    'return utc_text(at, "%Y-%m-%d");',
    "#include <ctime>",
    "auto const end = from_unix(timegm(&parts));",
    "// Not mktime, which asks for the time zone.",
    'return fmt::format("{:%}", share);',
    'out += fmt::format("%{:02X}", byte);',
    "strange_runtime(x);",
])
def test_what_only_looks_like_it_is_not(line):
    assert not list(line_complaints("gateway/pipeline/x.cpp", line))


@pytest.mark.parametrize("line", ["std::chrono::system_clock::now()", "::clock_gettime(CLOCK_REALTIME, &t);", "std::time(nullptr)"])
def test_a_clock_is_read_in_its_place_alone(line):
    assert list(line_complaints("gateway/pipeline/x.cpp", line))
    assert not list(line_complaints("gateway/base/clock.cpp", line))
