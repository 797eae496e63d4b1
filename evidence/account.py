"""Whose folder it is: root works on none of another account's.

What root makes in the folder of `evidence-agent` or `evidence-store`, a lock or a record, that
account could not read or write: one command typed as root would keep the daemon from its work.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from evidence.errors import EnvironmentProblem

ROOT = 0


def check_account(folder: Path) -> None:
    """Raises EnvironmentProblem `env_account` where root would work in another account's folder."""
    if os.geteuid() != ROOT or not folder.exists():
        return
    owner = folder.stat().st_uid
    if owner == ROOT:
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = f"#{owner}"
    raise EnvironmentProblem(
        f"{folder} belongs to {name}, which could not read what root makes there",
        code="env_account",
        next_step=f"the same command after `runuser -u {name} --` or `sudo -u {name}`",
    )
