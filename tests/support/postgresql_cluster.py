"""A PostgreSQL server of a test's own, from the system's packages, gone when it ends."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.league_processes import free_port

PLACES = "/usr/lib/postgresql"
USER = "postgres"


def postgresql_folder() -> Path | None:
    """Find the programs of an installed PostgreSQL server; None where there is none."""
    for program in sorted(Path(PLACES).glob("*/bin/initdb"), reverse=True):
        return program.parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def postgresql_cluster(folder: Path) -> Iterator[str]:
    """Run a server on loopback; give the address of an empty database in it.

    It does not run as root: where the tests do, it runs as the system's own user of it, who
    must be able to reach the folder above `folder`.
    """
    programs = postgresql_folder()
    assert programs is not None, "expected PostgreSQL's server programs; install postgresql"
    data, port = folder / "data", free_port()
    data.mkdir(parents=True)
    prefix: list[str] = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam(USER)
        os.chown(data, owner.pw_uid, owner.pw_gid)
        for parent in (folder, folder.parent):
            parent.chmod(parent.stat().st_mode | 0o011)
        prefix = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"]
    made = [*prefix, programs / "initdb", "-D", data, "-U", USER, "--auth=trust", "-E", "UTF8"]
    subprocess.run([str(part) for part in made], check=True, capture_output=True)
    options = f"-h 127.0.0.1 -p {port} -k ''"
    control = [*prefix, programs / "pg_ctl", "-D", data, "-w"]
    start = [*control, "-l", data / "log", "-o", options, "start"]
    subprocess.run([str(part) for part in start], check=True, capture_output=True)
    try:
        yield f"postgresql+psycopg://{USER}@127.0.0.1:{port}/postgres"
    finally:
        stop = [*control, "-m", "immediate", "stop"]
        subprocess.run([str(part) for part in stop], check=False, capture_output=True)
