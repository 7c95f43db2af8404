"""Whether a program does what is measured."""

from .client import ask_once


def expect(condition, what):
    if not condition:
        raise SystemExit(f"not measured, because it does not do what it should: {what}")


def check_guard(bench, program, algorithm, tls=True):
    """A gate has to let good tokens in, name their user, and keep everything else out."""
    good = bench.keys.token(algorithm, 7)
    forged = good[:-6] + ("AAAAAA" if not good.endswith("AAAAAA") else "BBBBBB")
    status, _, body = ask_once(program.port, "/echo", good, ["X-User-Id: root"], tls)
    # Users of an issuer that is not Yett itself carry its name.
    expect(status == 200 and body.split(b":")[-1] == b"user-0007", f"{program.name} forwards a good token as its user, got {status} {body!r}")
    expect(ask_once(program.port, "/", forged, tls=tls)[0] == 401, f"{program.name} refuses a forged signature")
    expect(ask_once(program.port, "/", tls=tls)[0] == 401, f"{program.name} refuses a request without a token")


def check_open(program, tls=True):
    status, _, body = ask_once(program.port, tls=tls)
    expect(status == 200 and b"items" in body, f"{program.name} forwards")
