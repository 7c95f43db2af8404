"""Everything that is started for one run; all of it is stopped at the end."""

import contextlib

from .keys import Keys, make_certificate
from .program import Program


class Bench:
    def __init__(self, folder, yett):
        self.folder, self.yett_binary = folder, yett
        folder.chmod(0o711)          # Apache's workers reach the application's socket in it as www-data
        self.keys = Keys(folder)
        self.programs = []
        make_certificate(folder)

    def start(self, name, command, port, cores, environment=None):
        program = Program(name, command, port, cores, self.folder / f"{name.replace(' ', '-')}.log", environment)
        self.programs.append(program)
        return program

    def stop(self):
        for program in reversed(self.programs):
            program.stop()
        self.programs.clear()

    @contextlib.contextmanager
    def running(self, start):
        """The program that `start()` starts, until the end of the block."""
        program = start()
        try:
            yield program
        finally:
            self.programs.remove(program)
            program.stop()
