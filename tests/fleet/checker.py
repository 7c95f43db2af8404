"""From a history to the promises of docs/security.md and docs/operations.md that it shows broken.

A pure function. It counts against the program only what no order of the uncertain things explains: what was not
answered may have happened at any moment from its start on, or never.
"""

import accounts
import answers
import keys
import letters
import sessions


def violations(history):
    return [found for promise in (accounts, sessions, keys, letters, answers) for found in promise.violations(history)]
