"""A real Active Directory: Samba's domain controller, made and served on a loopback address.

Its LDAP ports are fixed, so each has addresses of its own in 127/8. People, groups and the
domain's rules are put into it over LDAPS, as an administrator would.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ldap3 import MODIFY_REPLACE, NONE, SIMPLE, Connection, Server

from store.people.directory import CheckedTls
from store.people.settings import Directory, GroupRole
from tests.ports import free_port
from tests.real_servers import running, wait_for
from tests.test_store_tls import Authority

DOMAIN, ROOT = "lab.test", "DC=lab,DC=test"
PEOPLE = f"CN=Users,{ROOT}"
ADMINISTRATOR = "Pw-of-the-domain-1"
PASSWORD = "Winter-in-Taipei-7"
NORMAL, DISABLED = 512, 514


@dataclass
class Domain:
    """A running controller. It is at `nameless` too, which its certificate does not say; `other_ca`
    has signed nothing of it."""

    address: str
    nameless: str
    ca: Path
    other_ca: Path

    def settings(self, *groups: GroupRole, **changed: Any) -> Directory:
        known = {"hosts": (self.address,), "domain": DOMAIN, "ca": self.ca, "groups": groups}
        return Directory(**{"timeout_s": 20, **known, **changed})

    @contextmanager
    def administrator(self) -> Iterator[Any]:
        tls = CheckedTls(ca_certs_file=str(self.ca))
        server = Server(self.address, 636, use_ssl=True, tls=tls, get_info=NONE)
        with Connection(
            server,
            f"Administrator@{DOMAIN}",
            ADMINISTRATOR,
            authentication=SIMPLE,
            raise_exceptions=True,
        ) as connection:
            yield connection

    def add_person(self, name: str, *, dn: str = "", **attributes: Any) -> str:
        """A person who may log in; returns their DN."""
        dn = dn or f"CN={name},{PEOPLE}"
        with self.administrator() as connection:
            connection.add(
                dn,
                ["top", "person", "organizationalPerson", "user"],
                {
                    "sAMAccountName": name,
                    "userAccountControl": NORMAL,
                    "unicodePwd": f'"{PASSWORD}"'.encode("utf-16-le"),
                    **attributes,
                },
            )
        return dn

    def add_group(self, name: str, *members: str) -> str:
        dn = f"CN={name},{PEOPLE}"
        with self.administrator() as connection:
            more = {"member": list(members)} if members else {}
            connection.add(dn, ["top", "group"], {"sAMAccountName": name, **more})
        return dn

    def change(self, dn: str, **attributes: Any) -> None:
        with self.administrator() as connection:
            changes = {
                name: [(MODIFY_REPLACE, value if isinstance(value, list) else [value])]
                for name, value in attributes.items()
            }
            connection.modify(dn, changes)

    def rename(self, dn: str, name: str) -> str:
        with self.administrator() as connection:
            connection.modify_dn(dn, f"CN={name}")
        return f"CN={name},{PEOPLE}"


@contextmanager
def domain_in(folder: Path) -> Iterator[Domain]:
    """A domain of its own: five seconds of CPU to make, kept by nobody."""
    # As free as the port is: nobody else has its number while this process lives.
    number = free_port()
    address, nameless = (f"127.{one}.{number >> 8}.{number & 255}" for one in (77, 78))
    here = [f"interfaces={address}/8 {nameless}/8", "bind interfaces only=yes"]
    dc = folder / "dc"
    subprocess.run(
        [
            *("samba-tool", "domain", "provision", f"--realm={DOMAIN.upper()}", "--domain=LAB"),
            *("--server-role=dc", "--dns-backend=NONE", f"--adminpass={ADMINISTRATOR}"),
            *("--host-name=dc1", f"--host-ip={address}", f"--targetdir={dc}"),
            *(f"--option={one}" for one in here),
        ],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": ""},
    )
    authority, other = Authority(folder, "corp"), Authority(folder, "other")
    certificate, key = authority.certificate(-1, 30, address)
    key.chmod(0o600)
    options = [
        *("server services=ldap", f"pid directory={dc}", f"log file={folder}/log", *here),
        *(f"tls cafile={authority.pem}", f"tls certfile={certificate}", f"tls keyfile={key}"),
        "ldap server require strong auth=yes",
    ]
    command = ["setsid", "samba", "--foreground", "--model=single", "--no-process-group"]
    command += [f"--option={one}" for one in options]
    with running([*command, "-s", str(dc / "etc" / "smb.conf")], folder, {}) as process:
        wait_for(636, process, address)
        yield Domain(address, nameless, authority.pem, other.pem)
