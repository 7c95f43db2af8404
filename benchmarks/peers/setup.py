"""What a program is to do, whichever it is."""

import dataclasses

from parts.program import PROXY_CORE


@dataclasses.dataclass(frozen=True)
class Setup:
    tls: bool = True                    # for clients
    algorithm: str = "RS256"            # of tokens, where they are looked at
    workers: int = 1
    cores: frozenset = frozenset({PROXY_CORE})
    upstream: str = "http"              # http, https, unix: how the application is reached
    kept: int = 256                     # connections to the application
    http2: bool = False                 # for clients, besides HTTP/1.1
    prefixes: tuple = ()                # a rule for each of these paths and what is below; none: one rule for everything

    def scheme(self):
        return "https" if self.tls else "http"


def prefixes(count):
    return tuple(f"/s{number:05}" for number in range(count))
