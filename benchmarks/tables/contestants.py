"""Who is measured beside whom."""

import contextlib
import dataclasses
import typing

from parts.checks import check_guard, check_open
from peers import apache, caddy, haproxy, nghttpx, nginx, yett


@dataclasses.dataclass
class Contestant:
    name: str
    start: typing.Callable
    algorithm: str = "RS256"
    guards: bool = True          # looks at tokens

    @contextlib.contextmanager
    def running(self, bench, application, setup):
        """Started anew, for where a process lies in memory makes some per cent of difference; and looked at."""
        setup = dataclasses.replace(setup, algorithm=self.algorithm)
        with bench.running(lambda: self.start(bench, application, setup)) as program:
            if not setup.prefixes:
                self.check(bench, program, setup)
            yield program

    def check(self, bench, program, setup):
        if self.guards:
            check_guard(bench, program, self.algorithm, setup.tls)
        else:
            check_open(program, setup.tls)

    def tokens(self, bench):
        return bench.keys.tokens_file(self.algorithm)


NGINX = Contestant(nginx.NAME, nginx.start, guards=False)
NGHTTPX = Contestant(nghttpx.NAME, nghttpx.start, guards=False)
HAPROXY = {algorithm: Contestant(name, haproxy.start, algorithm) for algorithm, name in haproxy.NAMES.items()}
TLS_ALONE = Contestant(haproxy.TLS_ALONE, haproxy.start_tls_alone, guards=False)
CADDY = Contestant(caddy.NAME, caddy.start, guards=False)
APACHE = Contestant(apache.NAME, apache.start)
YETT = {algorithm: Contestant(name, yett.start, algorithm) for algorithm, name in yett.NAMES.items()}

ALL = [NGINX, HAPROXY["RS256"], CADDY, APACHE, YETT["RS256"]]


def by_name(contestants):
    return {each.name: each for each in contestants}
