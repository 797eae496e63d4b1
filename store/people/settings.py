"""The part of the store's settings that says who else knows people, and what groups may do here."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from store.people.roles import Grant, Role

BACK = "/login/oidc/back"
"""Where a provider sends browsers back to; it is told `address` and this."""

# Without TLS on this machine only: for a trial.
_THIS_MACHINE = r"^http://(?:127\.0\.0\.1|localhost):\d+$"


class GroupRole(BaseModel):
    """What members of a group are here. A group that no line names gives nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    group: str = Field(min_length=1)
    role: Role
    sites: tuple[str, ...] = Field(min_length=1)


class Voucher(BaseModel):
    """What a provider and a directory have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ca: Path | None = None
    groups: tuple[GroupRole, ...] = ()

    def grants(self, held: frozenset[str]) -> frozenset[Grant]:
        """What membership in these groups gives: nothing, unless a line says so."""
        return frozenset(
            Grant(site, line.role)
            for line in self.groups
            if line.group.casefold() in {one.casefold() for one in held}
            for site in line.sites
        )


class Oidc(Voucher):
    """An OpenID Connect provider. `address`: the console's own, as browsers have it."""

    issuer: str = Field(pattern=rf"^https://[^?#\s]+$|{_THIS_MACHINE}")
    client_id: str = Field(min_length=1)
    client_secret_file: Path | None = None
    address: str = Field(pattern=rf"^https://[^/?#\s]+$|{_THIS_MACHINE}")
    scope: str = "openid profile"
    groups_claim: str = "groups"


class Directory(Voucher):
    """Active Directory, asked over TLS with the person's own password."""

    hosts: tuple[str, ...] = Field(min_length=1)
    port: int = Field(default=636, ge=1, le=65535)
    domain: str = Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
    base: str | None = None
    timeout_s: int = Field(default=5, ge=1, le=60)

    @property
    def root(self) -> str:
        """Where entries are looked for: the domain's own name, unless `base` says otherwise."""
        return self.base or ",".join(f"DC={part}" for part in self.domain.split("."))


class Vouchers(BaseModel):
    """Who knows people, beside the store's own accounts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    oidc: Oidc | None = None
    directory: Directory | None = None
