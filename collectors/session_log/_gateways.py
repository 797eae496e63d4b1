"""Logs of gateways: FortiGate, ASA and FTD, GlobalProtect."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from collectors._logs import fortigate
from collectors._logs.entry import moment
from collectors._logs.lines import BSD, pairs
from collectors._logs.sessions import Event, none
from collectors.session_log._reader import Garbled, Reader, Said


class Fortigate(Reader):
    """FortiGate's event log (`subtype="vpn"`): SSL-VPN, and dial-up IPsec with users."""

    service = "FortiGate VPN"

    def moment_of(self, line: str) -> datetime | None:
        said = pairs(line)
        if "type" not in said or ("date" not in said and "eventtime" not in said):
            return None
        return fortigate.moment_of(said, self.zone, self.until)

    def read(self, line: str, at: datetime) -> Said:
        yield from fortigate.events(pairs(line), at)


class Asa(Reader):
    """ASA and FTD: AnyConnect, IPsec and clientless sessions in syslog."""

    service = "AnyConnect"
    _LINE = re.compile(BSD + r".*?%(?:ASA|FTD)-(?:\w+-)?\d-(?P<code>\d{6}): ?(?P<said>.*)")
    _BEGINS = re.compile(
        r"Group <(?P<group>[^>]*)> User <(?P<user>[^>]*)> IP <(?P<ip>[^>]*)> "
        r".*?session started"
    )
    _ENDS = re.compile(
        r"Group = (?P<group>.*?), Username = (?P<user>.*?), IP = (?P<ip>[^,]*), .*"
        r"Duration: (?:(?P<days>\d+)d )?(?P<hours>\d+)h:(?P<minutes>\d+)m:(?P<seconds>\d+)s, "
        r"Bytes xmt: (?P<sent>\d+), Bytes rcv: (?P<received>\d+)"
    )
    _REFUSED = re.compile(r".*: user = (?P<user>\S+)(?:.*user IP = (?P<ip>[^\s,]+))?")
    # 113039: AnyConnect's parent session; 716001: clientless; 713119 needs 113019 to end.
    _BEGINNING, _ENDING, _REFUSING = ("113039", "716001"), ("113019",), ("113015",)

    def moment_of(self, line: str) -> datetime | None:
        found = self._LINE.match(line)
        return moment(found["at"], self.zone, self.until) if found else None

    def read(self, line: str, at: datetime) -> Said:
        found = self._LINE.match(line)
        if found is None:
            return
        code, text = found["code"], found["said"]
        if code in self._BEGINNING:
            said = self._BEGINS.search(text)
            yield _of(said, at, "begins") if said else Garbled()
        elif code in self._ENDING:
            said = self._ENDS.search(text)
            yield self._end(said, at) if said else Garbled()
        elif code in self._REFUSING:
            said = self._REFUSED.search(text)
            yield Event(at, "refused", said["user"], said["ip"]) if said else Garbled()

    def _end(self, said: re.Match[str], at: datetime) -> Event:
        return Event(
            at,
            "ends",
            said["user"],
            said["ip"],
            profile=said["group"],
            lasted=timedelta(
                days=int(said["days"] or 0),
                hours=int(said["hours"]),
                minutes=int(said["minutes"]),
                seconds=int(said["seconds"]),
            ),
            received_bytes=int(said["received"]),
            sent_bytes=int(said["sent"]),
        )


class GlobalProtect(Reader):
    """GlobalProtect's log: as syslog sends it, and as the firewall exports it with headings."""

    service = "GlobalProtect"
    _PLACES: Mapping[str, int] = {
        **{"at": 6, "event": 8, "user": 12, "source": 15, "status": 28, "lasted": 30},
        **{"portal": 33},
    }
    _HEADINGS: Mapping[str, tuple[str, ...]] = {
        "at": ("generatetime", "timegenerated", "generatedtime", "receivetime"),
        "event": ("eventid", "event"),
        "user": ("sourceuser", "srcuser", "user"),
        "source": ("publicip", "publicipv4", "sourceip"),
        "status": ("status",),
        "lasted": ("loginduration",),
        "portal": ("portal", "gateway"),
    }

    def __init__(self, zone: str, until: datetime) -> None:
        super().__init__(zone, until)
        self._places = dict(self._PLACES)
        self._exported = False

    def moment_of(self, line: str) -> datetime | None:
        cells = _cells(line)
        plain = [re.sub(r"[\s_/-]+", "", one).casefold() for one in cells]
        if not self._exported and "eventid" in plain and self._placed(plain):
            self._exported = True
            return None
        if not self._exported and cells[3:4] != ["GLOBALPROTECT"]:
            return None
        return moment(self._cell(cells, "at"), self.zone, self.until)

    def read(self, line: str, at: datetime) -> Said:
        cells = _cells(line)
        event, user = self._cell(cells, "event").casefold(), self._cell(cells, "user")
        failed = self._cell(cells, "status").casefold() in ("failure", "failed")
        kind = {"gateway-connected": "begins", "gateway-logout": "ends"}.get(event)
        if failed and event in ("gateway-auth", "portal-auth", "gateway-login"):
            kind = "refused"
        if kind is None or (failed and kind != "refused"):
            return
        if not user:
            yield Garbled()
            return
        lasted = self._cell(cells, "lasted")
        yield Event(
            at,
            kind,
            user,
            none(self._cell(cells, "source")),
            profile=none(self._cell(cells, "portal")),
            lasted=timedelta(seconds=int(lasted)) if lasted.isdigit() and int(lasted) else None,
        )

    def _placed(self, headings: list[str]) -> bool:
        found = {
            name: next((headings.index(one) for one in known if one in headings), -1)
            for name, known in self._HEADINGS.items()
        }
        if -1 in (found["at"], found["user"]):
            return False
        self._places = found
        return True

    def _cell(self, cells: list[str], name: str) -> str:
        place = self._places[name]
        return cells[place].strip() if 0 <= place < len(cells) else ""


def _of(said: re.Match[str], at: datetime, kind: str) -> Event:
    return Event(at, kind, said["user"], said["ip"], profile=said["group"])


def _cells(line: str) -> list[str]:
    return next(csv.reader([line]), [])
