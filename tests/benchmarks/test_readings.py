"""What others print is read as it is meant: wrk, /proc/stat, perf; and what gnuplot is told."""

import shutil

import pytest

from parts import plot, rounds, wrk
from parts.figures import Section
from parts.machine import Machine, read
from tables import profile

WRK = """Running 2s test @ https://127.0.0.1:8443
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.70ms    0.64ms  10.15ms   85.34%
  37520 requests in 2.00s, 6.91MB read
  Socket errors: connect 1, read 2, write 3, timeout 4
  Non-2xx or 3xx responses: 7
Requests/sec:  18757.35
"""


def test_of_wrk_the_requests_and_all_errors():
    assert wrk.read(WRK) == {"requests": 37520, "errors": 17}
    assert wrk.read("  12 requests in 2.00s, 6.91MB read\n") == {"requests": 12, "errors": 0}
    with pytest.raises(TypeError):
        wrk.read("unable to connect to 127.0.0.1:8443 Connection refused\n")


def stat(user, idle, waiting=0, stolen=0):
    return f"cpu  {user} 0 0 {idle} {waiting} 0 0 {stolen} 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"


def test_of_the_machine_what_was_at_work_and_what_was_stolen():
    assert read("cpu  1 2 3 4 5 6 7 8 9 10\n") == (36, 19, 8)      # time of guests is in that of users already


def test_shares_are_those_since_the_beginning(tmp_path):
    file = tmp_path / "stat"
    file.write_text(stat(1000, 5000))
    machine = Machine(file)
    assert machine.shares() == {"busy": 0.0, "stolen": 0.0}
    file.write_text(stat(1060, 5020, 10, 10))
    assert machine.shares() == {"busy": 0.6, "stolen": 0.1}
    assert str(machine) == "60% of the machine busy, 10.0% stolen by its host"


PERF = """
    52.51%  [kernel.kallsyms]    [k] kfree
    20.00%  libcrypto.so.3       [.] CRYPTO_malloc
     7.49%  libssl.so.3          [.] SSL_read
     7.00%  libc.so.6            [.] __memmove_avx_unaligned_erms
     1.00%  libmimalloc.so.2.0   [.] 0x0000000000006c61
     2.00%  yett                 [.] mi_free
    10.00%  yett                 [.] yett::http::read_request
"""


def test_samples_are_counted_by_the_file_and_function_they_fell_into():
    found = profile.shares(PERF)
    assert {part: round(share, 2) for part, share in found.items()} == {
        "kernel": 0.53, "TLS": 0.27, "libc and allocator": 0.10, "its own code": 0.10}
    assert sum(found.values()) == pytest.approx(1)
    assert set(profile.shares("").values()) == {0.0}


def test_each_begins_a_round_as_often_as_the_others():
    firsts = [rounds.in_turn(["a", "b", "c"], number)[0] for number in range(6)]
    assert firsts == ["a", "b", "c", "a", "b", "c"] and rounds.in_turn(["a", "b", "c"], 1) == ["b", "c", "a"]


def test_rounds_are_told_in_the_order_of_the_contestants(capsys):
    told = rounds.measure_rounds({"a": 1, ("b", "x"): 2}, 2, lambda name, contestant: {"one": contestant, "two": 10 * contestant})
    assert [list(figures) for figures in told] == [["a", ("b", "x")]] * 2
    assert rounds.each(told, "two") == [{"a": 10, ("b", "x"): 20}] * 2
    assert "round 2 of 2: a 1/10, b, x 2/20" in capsys.readouterr().out


SECTIONS = [Section('Bytes "up"', "µs", [{"nginx": 2.0, "Yett, RS256": 1.5}, {"nginx": 2.5, "Yett, RS256": 1.7}], ["nginx"]),
            Section("Handshakes", "per second", [{"nginx": 2000.0}], [], 0)]


def test_gnuplot_is_told_median_least_and_most_of_each():
    script = plot.script(SECTIONS, "x.svg")
    assert '0 2.25 2.0 2.5 "nginx"' in script and '1 1.6 1.5 1.7 "Yett, RS256"' in script
    assert 'set title "Bytes \\"up\\"" noenhanced' in script and script.count("\nplot ") == 2


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
def test_gnuplot_draws_it(tmp_path):
    plot.draw(SECTIONS, tmp_path / "x.svg")
    text = (tmp_path / "x.svg").read_text()
    assert text.startswith("<?xml") and "Handshakes" in text and "Yett, RS256" in text
