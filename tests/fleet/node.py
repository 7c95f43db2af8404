"""One node of a fleet: the real program, which is killed, stopped, woken and started again under the same name."""

import glob
import signal
import threading

import paths  # noqa: F401
import harness

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), "")
NOTICED = 1.2                             # seconds until a clock that was moved is a moved clock everywhere


def clock_of(folder):
    """Variables by which the program believes the clock in that file. Those that measure spans are left alone."""
    return {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"), "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_CACHE_DURATION": "1", "NO_FAKE_STAT": "1"}


class Node:
    def __init__(self, name, folder, settings, clocks):
        self.name, self.folder, self.settings = name, folder, settings
        self.folder.mkdir()
        self.environment = clock_of(folder) if clocks else {}
        self.generation = 0               # clients keep no connection beyond one
        self.gateway = None
        self.output = []
        self.turn = threading.Lock()      # one fault at a time
        self.set_clock(0)
        self.start()

    @property
    def port(self):
        """None while it is down."""
        running = self.gateway
        return running.plain_port if running else None

    def start(self):
        started = harness.Gateway(self.folder, self.settings, env=self.environment)
        self.generation += 1
        self.gateway = started

    def start_until_it_does(self):
        """As whatever watches over programs would: a start without a database ends."""
        while self.gateway is None:
            try:
                self.start()
            except AssertionError as why:
                self.output.append(str(why))
                if "ended with 69" not in str(why):
                    raise

    def end(self, how):
        """`how` is "kill" or "stop" of harness.Process. Returns the exit status."""
        ended, self.gateway = self.gateway, None
        assert ended.popen.poll() is None, f"{self.name} ended by itself with {ended.popen.returncode}:\n{ended.output}"
        getattr(ended, how)()
        self.output += ended.lines
        return ended.popen.returncode

    def pause(self):
        self.gateway.popen.send_signal(signal.SIGSTOP)

    def wake(self):
        self.gateway.popen.send_signal(signal.SIGCONT)

    def set_clock(self, hours):
        (self.folder / "clock").write_text(f"{hours * 3600:+d}\n")

    def said(self):
        return self.output + (self.gateway.lines if self.gateway else [])

    def stop(self):
        if self.gateway:
            self.wake()
            self.end("stop")
