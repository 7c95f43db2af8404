"""The links between the nodes and their stores, in a process of their own: see proxy.py."""

import pathlib
import subprocess
import sys
import threading


class Network:
    def __init__(self, links):
        """Names, each with the targets of its link. `ports` has as many for each."""
        words = [f"{name}={','.join(map(str, targets))}" for name, targets in links.items()]
        self.process = subprocess.Popen([sys.executable, pathlib.Path(__file__).with_name("proxy.py"), *words],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = {}
        self.turn = threading.Lock()
        for _ in links:
            name, *ports = self.process.stdout.readline().split()
            self.ports[name] = list(map(int, ports))

    def become(self, name, *mode):
        """Returns when the link is so."""
        line = " ".join(map(str, (name, *mode)))
        with self.turn:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            told = self.process.stdout.readline().strip()
        assert told == line, told

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
