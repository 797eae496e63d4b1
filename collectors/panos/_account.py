"""What the key's account may do: its role, among those that PAN-OS makes itself."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from evidence.facts import AccountPrivilege

_READING = ("superreader", "devicereader", "vsysreader", "panorama-admin-readonly")
_WRITING = ("superuser", "deviceadmin", "vsysadmin", "panorama-admin")


def privilege(account: str, permissions: Element | None) -> AccountPrivilege:
    """From `permissions` of the account; None where no local account has that name."""
    roles = None if permissions is None else permissions.find(".//role-based")
    for role in roles if roles is not None else ():
        if role.tag in _READING:
            return AccountPrivilege(account=account, level=role.tag, can_write=False)
        if role.tag in _WRITING:
            return AccountPrivilege(account=account, level=role.tag, can_write=True)
        if role.tag == "custom":
            profile = (role.findtext("profile") or "").strip()
            return AccountPrivilege(
                account=account,
                level=f"custom {profile}".strip(),
                can_write=None,
                detail="what a role of the site's own may write is not read",
            )
    detail = "it is no local account, or names no role"
    return AccountPrivilege(account=account, detail=detail)
