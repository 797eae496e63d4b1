"""What a Linux account may do: its number, its groups, and what sudo lets it run as root."""

from __future__ import annotations

import re
from collections.abc import Collection

from evidence.errors import Unexpected
from evidence.facts import AccountPrivilege

_ID = re.compile(r"uid=(\d+)(?:\(([^)]*)\))?")
_GROUPS = re.compile(r"groups=(\S+)")
_NAMES = re.compile(r"\(([^)]*)\)")
# Who is in one of these can become root, with a password or without.
_AS_ROOT = frozenset({"root", "sudo", "wheel", "admin", "docker", "lxd", "lxc", "disk", "libvirt"})
_RULE = re.compile(r"(?m)^[ \t]+\([^)]*\)[ \t]*(?:[A-Z_]+:[ \t]*)*(\S.*)$")


def privilege(id_: str, sudo: str | None, known: Collection[str], who: str) -> AccountPrivilege:
    """From `id` and `sudo -n -l` (None: no sudo there; empty: not told).

    `known` are the commands that the platform declares. Raises Unexpected where `id` tells no user.
    """
    found = _ID.search(id_)
    if found is None:
        raise Unexpected(f"{who}: tells no user")
    number, account = found[1], found[2] or None
    listed = _GROUPS.search(id_)
    groups = sorted(_AS_ROOT & set(_NAMES.findall(listed[1]) if listed else ()))
    if number == "0":
        return _said(account, number, True, "root")
    if groups:
        return _said(account, number, True, f"can become root as a member of {', '.join(groups)}")
    if sudo is None or "may not run sudo" in sudo:
        return _said(account, number, False, "runs nothing as root")
    commands = [one for line in _RULE.findall(sudo) for one in re.split(r",[ \t]+", line)]
    if not commands:
        return _said(account, number, None, "sudo does not tell what it lets the account run")
    other = [one for one in commands if _plain(one) not in known]
    if any(one.split()[0] == "ALL" for one in other):
        return _said(account, number, True, "sudo lets it run everything")
    if other:
        return _said(account, number, None, f"sudo also lets it run: {', '.join(other[:3])}")
    return _said(account, number, False, f"sudo lets it run {len(commands)} reading commands")


def _plain(command: str) -> str:
    """A rule's command as it is asked: without the program's folder."""
    program, _, words = command.strip().partition(" ")
    return f"{program.rpartition('/')[2]} {words}".strip()


def _said(
    account: str | None, number: str, can_write: bool | None, detail: str
) -> AccountPrivilege:
    return AccountPrivilege(
        account=account, level=f"uid {number}", can_write=can_write, detail=detail
    )
