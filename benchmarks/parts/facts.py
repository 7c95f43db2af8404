"""Where, when and with what something was measured."""

import datetime
import os
import pathlib
import re
import shutil
import subprocess

from .program import CORES

ROOT = pathlib.Path(__file__).resolve().parents[2]


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return ((done.stdout + done.stderr).strip().splitlines() or ["?"])[0]


def commit():
    """What was measured, and a word if it is not what the commit says. Tables written meanwhile do not count."""
    changed = subprocess.run(["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True).stdout
    own = [line for line in changed.splitlines() if not line[3:].startswith("docs/benchmarks/")]
    return first_line("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD") + (" with changes" if own else "")


def facts(yett):
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    found = {
        "Machine": f"{len(CORES)} cores, {cpu[1] if cpu else 'unknown processor'}, Linux {os.uname().release}",
        "nginx": first_line("nginx", "-v").split("/")[-1],
        "HAProxy": first_line("haproxy", "-v").split()[2],
        "Caddy": first_line("caddy", "version").split()[0],
        "Apache": first_line("/usr/sbin/apache2", "-v").split("/")[-1].split()[0] + ", mod_auth_openidc " + version_of("libapache2-mod-auth-openidc"),
        "OpenSSL": first_line("openssl", "version").split()[1],
    }
    if yett and shutil.which(yett):
        found["Yett"] = first_line(yett, "version")
    return found | {"Commit": commit(), "Date": datetime.date.today().isoformat()}


def version_of(package):
    return first_line("dpkg-query", "-W", "-f=${Version}\\n", package)
