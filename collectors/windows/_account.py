"""What a Windows account may do: its groups, by numbers that are the same in every language."""

from __future__ import annotations

import re

from evidence.errors import Unexpected
from evidence.facts import AccountPrivilege

_SID = re.compile(r"\bS-1-(?:\d+-)*\d+\b")
_WRITING = {
    "S-1-5-32-544": "Administrators",
    "S-1-5-32-547": "Power Users",
    "S-1-5-32-549": "Server Operators",
    "S-1-5-32-551": "Backup Operators",
}
# Of a domain: Domain Admins, Schema Admins, Enterprise Admins.
_OF_DOMAIN = re.compile(r"S-1-5-21-(?:\d+-){3}(?:512|518|519)")


def privilege(groups: str, account: str | None, who: str) -> AccountPrivilege:
    """From `whoami /groups`. Raises Unexpected where no group is told."""
    sids = _SID.findall(groups)
    if not sids:
        raise Unexpected(f"{who}: tells no group")
    named = [_WRITING[sid] for sid in sids if sid in _WRITING]
    named += [f"{sid} of its domain" for sid in sids if _OF_DOMAIN.fullmatch(sid)]
    return AccountPrivilege(
        account=account,
        level=", ".join(dict.fromkeys(named)) or "ordinary user",
        can_write=bool(named),
        detail=f"{len(sids)} groups",
    )
