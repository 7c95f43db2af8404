"""What a good client notices of slow ones: slowhttptest's four modes against the real program.

    slow_clients.py [--runs N] [--connections N] [--seconds N] [--mode NAME]

The application and the good client, which asks one request after the other over connections of
its own, are at 127.0.0.3; slowhttptest comes from another loopback address. For each mode the
99th percentile of the good client's answers while the attack runs is divided by that before it;
a base below 10 ms counts as 10 ms, for below that the machine is measured and not the program.
The median of the runs is to be at most 1.5, and every request answered.
"""

import argparse
import http.client
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/integration"))
import harness  # noqa: E402

GOOD = "127.0.0.3"
LEAST_BASE = 0.010
GOAL = 1.5
# Each with the page it is tried on, through the proxy and at its default limits.
MODES = {
    "slowloris": ["-H", "-i", "10"],
    "slow body": ["-B", "-i", "10", "-s", "8192", "-x", "10"],
    "slow read": ["-X", "-w", "10", "-y", "512", "-n", "5", "-z", "32", "-k", "3"],
    "range": ["-R", "-a", "5", "-b", "2000"],
}
PAGES = {"slow body": "/upload", "slow read": "/bytes/200000", "range": "/bytes/200000"}


def configuration(port):
    config = harness.settings(port, workers=2, logging={"access": "off", "audit": "off", "format": "json"})
    config["routes"] = [{"name": "all", "match": {"path": "/**"}, "access": "public", "upstream": "app"}]
    return config


def attack(gateway, mode, connections, seconds):
    url = f"http://127.0.0.1:{gateway.plain_port}{PAGES.get(mode, '/')}"
    rate = max(50, connections // 3)
    return subprocess.Popen(
        ["slowhttptest", *MODES[mode], "-c", str(connections), "-r", str(rate), "-l", str(seconds), "-u", url, "-p", "3", "-v", "0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def ask(gateway, seconds):
    """The times of a good client's requests in seconds, and how many were not answered well."""
    times, failed = [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", gateway.plain_port, timeout=10, source_address=(GOOD, 0))
            for _ in range(5):
                connection.request("GET", "/hello")
                reply = connection.getresponse()
                reply.read()
                failed += reply.status != 200
                times.append(time.perf_counter() - began)
                began = time.perf_counter()
            connection.close()
        except OSError:
            failed += 1
            times.append(time.perf_counter() - began)
        time.sleep(0.01)
    return times, failed


def p99(times):
    return statistics.quantiles(times, n=100)[98]


def one_run(mode, connections, seconds):
    echo = harness.Echo()
    folder = tempfile.mkdtemp(prefix="yett-slow-")
    gateway = harness.Gateway(folder, configuration(echo.port))
    try:
        ask(gateway, 1)
        before, failed_before = ask(gateway, seconds / 2)
        attacker = attack(gateway, mode, connections, seconds + 2)
        try:
            time.sleep(2)
            during, failed = ask(gateway, seconds - 1)
        finally:
            attacker.terminate()
            attacker.wait()
    finally:
        gateway.stop()
        echo.stop()
        shutil.rmtree(folder)
    return p99(before), p99(during), len(during), failed + failed_before


def measure(mode, options):
    ratios, bad = [], 0
    for run in range(options.runs):
        before, during, count, failed = one_run(mode, options.connections, options.seconds)
        ratios.append(during / max(before, LEAST_BASE))
        bad += failed
        print(f"{mode:10} run {run + 1}: p99 {before * 1e3:7.2f} ms before, {during * 1e3:7.2f} ms during, "
              f"{ratios[-1]:5.2f}; {failed} of {count} not answered", flush=True)
    median = statistics.median(ratios)
    good = median <= GOAL and bad == 0
    print(f"{mode:10} median {median:.2f}, at most {GOAL}: {'good' if good else 'BAD'}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--mode", choices=MODES)
    options = parser.parse_args()
    results = [measure(mode, options) for mode in ([options.mode] if options.mode else MODES)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
