"""What the token's account may do: its profile, and whether that writes anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.fortios._answer import rows
from evidence.capture import Capture
from evidence.facts import AccountPrivilege

# The profiles that FortiOS makes itself, and lists or not by release.
_BUILT_IN = {"super_admin": True, "prof_admin": True, "super_admin_readonly": False}
_GRANTS = ("grp", "wifi", "-permission")


def privilege(users: Capture, profiles: Capture | None, account: str | None) -> AccountPrivilege:
    """The profile of the account, which is the named one or the only one."""
    found = {str(row.get("name")): row for _, row in rows(users)}
    mine = account if account in found else next(iter(found)) if len(found) == 1 else None
    if mine is None:
        detail = "which API user asks is not known: name it in the credential"
        return AccountPrivilege(account=account, detail=detail)
    profile = str(found[mine].get("accprofile") or "")
    can_write, said = _BUILT_IN.get(profile), None
    if profiles is not None:
        held = {str(row.get("name")): row for _, row in rows(profiles)}
        if profile in held:
            writing = list(_writing(held[profile]))
            can_write = bool(writing)
            said = f"may write: {', '.join(writing[:5])}" if writing else "writes nowhere"
    return AccountPrivilege(account=mine, level=profile or None, can_write=can_write, detail=said)


def _writing(profile: Mapping[str, Any]) -> Iterator[str]:
    """The parts of a profile that write; a custom part counts by what stands below it."""
    for name, value in profile.items():
        if not name.endswith(_GRANTS):
            continue
        if isinstance(value, Mapping):
            group = name.removesuffix("-permission")
            if profile.get(group) == "custom":
                yield from (f"{group} {key}" for key, one in value.items() if one == "read-write")
        elif value == "read-write":
            yield name
