"""deploy/compose/compose.yaml, read as Compose does."""

import dataclasses
import pathlib
import re

import yaml

import harness

FILE = harness.ROOT / "deploy/compose/compose.yaml"


@dataclasses.dataclass
class Mount:
    source: str
    target: str
    read_only: bool

    @property
    def file(self):
        """The file of the repository, or None where it is a volume."""
        return (FILE.parent / self.source).resolve() if self.source.startswith(".") else None


class Service:
    def __init__(self, name, text):
        self.name, self.text = name, text
        self.image, self.networks = text["image"], text.get("networks", [])
        self.command = text.get("command", [])
        self.environment = text.get("environment", {})
        self.mounts = [self._mount(line) for line in text.get("volumes", [])]

    @staticmethod
    def _mount(line):
        source, target, *how = line.split(":")
        return Mount(source, target, how == ["ro"])

    @property
    def user(self):
        """(user, group), numbers both: a name would be looked up in the image."""
        return tuple(int(number) for number in self.text["user"].split(":"))

    @property
    def tmpfs(self):
        """{folder: (user, group)}"""
        folders = {}
        for line in self.text.get("tmpfs", []):
            folder, _, options = line.partition(":")
            owner = dict(each.split("=") for each in options.split(",") if "=" in each)
            folders[folder] = (int(owner.get("uid", 0)), int(owner.get("gid", 0)))
        return folders

    @property
    def health(self):
        """What is run to know whether it is well, or None."""
        check = self.text.get("healthcheck", {})
        return None if check.get("disable") else check["test"][1:]

    @property
    def published(self):
        """[(address, port, port of the container)]"""
        return [re.fullmatch(r"([\d.]+):(\d+):(\d+)", line).groups() for line in self.text.get("ports", [])]

    @property
    def waits_for(self):
        return {name: how["condition"] for name, how in self.text.get("depends_on", {}).items()}


def read():
    """(services by name, the whole file)"""
    text = yaml.safe_load(FILE.read_text())
    return {name: Service(name, service) for name, service in text["services"].items()}, text
