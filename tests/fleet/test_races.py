"""A few rounds of `./dev prove refresh-races`."""

import checker
from fleet import Fleet
from refresh_races import race


def test_of_sixty_that_refresh_at_once_all_get_one_successor(tmp_path):
    with Fleet(tmp_path, clocks=False) as fleet:
        history, uneven, left = race(fleet, 10)
    assert len(history.operations) == 1 + 10 * 60
    assert not checker.violations(history) and uneven == 0 and left == 1
