"""slowhttptest in its four modes: the good client's requests are all answered."""

import subprocess
import time

import pytest
import requests

import harness
import test_slow_clients as slow

# name: (its options, the page it is tried on)
MODES = {
    "slowloris": (["-H", "-i", "2"], "/"),
    "slow body": (["-B", "-i", "2", "-s", "8192", "-x", "10"], "/up"),
    "slow read": (["-X", "-w", "10", "-y", "512", "-n", "2", "-z", "32", "-k", "3"], "/bytes/300000"),
    "range": (["-R", "-a", "5", "-b", "2000"], "/bytes/300000"),
    "sibling: slow body of a login": (["-B", "-i", "2", "-s", "900", "-x", "4"], "/auth/login"),
    "sibling: slowloris at the management port": (["-H", "-i", "2"], None),
}


@pytest.mark.parametrize("mode", MODES)
def test_the_good_client_is_answered(start, echo, tmp_path, mode):
    options, page = MODES[mode]
    gateway = start(harness.Gateway(tmp_path, slow.open_to_all(echo.port, {"connections": 64})))
    base = gateway.http if page else gateway.management
    attacker = subprocess.Popen(
        ["slowhttptest", *options, "-c", "300", "-r", "150", "-l", "9", "-u", base + (page or "/metrics"), "-p", "3", "-v", "0"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        with slow.Held(gateway) as held:
            count, failed = slow.failures(gateway, slow.GOOD, 6)
        assert count > 50 and not failed, (count, failed[:5])
        assert requests.get(gateway.management + "/livez", timeout=5).text == "alive\n"
        assert held.connections <= 64 // 4 + 1
    finally:
        attacker.terminate()
        attacker.wait()
