"""Logs of programs on a gateway of one's own: OpenVPN and strongSwan."""

from __future__ import annotations

import re
from datetime import datetime

from collectors._logs.entry import moment
from collectors._logs.lines import BSD
from collectors._logs.sessions import Event
from collectors.session_log._reader import Garbled, Reader, Said


class OpenVpn(Reader):
    """OpenVPN's own log or its lines in syslog."""

    service = "OpenVPN"
    _LINE = re.compile(
        r"(?:(?P<iso>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)|[A-Z][a-z]{2} (?P<day>[A-Z][a-z]{2} +\d+)"
        rf" (?P<clock>\d\d:\d\d:\d\d) (?P<year>\d{{4}})|{BSD} \S+ (?:ovpn-\S+|openvpn\S*?)\[\d+\]:)"
        # More than a word: with a time zone behind it, it is what a clock says.
        r" (?:us=\d+ )?(?P<said>\S+ .*)"
    )
    _PEER = r"(?:[\w.]+:)?(?P<ip>\[?[0-9a-fA-F.:]*[0-9a-fA-F]\]?):(?P<port>\d{1,5})"
    _BEGINS = re.compile(
        rf"{_PEER} \[(?P<user>[^\]]*)\] Peer Connection Initiated with \[AF_INET6?\]"
    )
    _ENDS = re.compile(
        rf"(?P<user>\S+)/{_PEER} SIG(?:TERM|USR1|HUP|INT)\[.*\] received, client-instance "
        r"(?:exiting|restarting)"
    )
    _REFUSED = re.compile(
        rf"{_PEER} (?:TLS Auth Error|VERIFY ERROR|AUTH: Received control message)"
    )

    def moment_of(self, line: str) -> datetime | None:
        found = self._LINE.match(line)
        if found is None:
            return None
        said = found["iso"] or found["at"]
        said = said or f"{' '.join(found['day'].split())} {found['year']} {found['clock']}"
        return moment(said, self.zone, self.until)

    def read(self, line: str, at: datetime) -> Said:
        found = self._LINE.match(line)
        text = found["said"] if found else ""
        if said := self._BEGINS.search(text):
            yield self._event(said, at, "begins", said["user"])
        elif said := self._ENDS.search(text):
            yield self._event(said, at, "ends", said["user"])
        elif said := self._REFUSED.search(text):
            yield self._event(said, at, "refused", "?")
        elif "Peer Connection Initiated" in text or "client-instance exiting" in text:
            yield Garbled()

    @staticmethod
    def _event(said: re.Match[str], at: datetime, kind: str, user: str) -> Event:
        key = f"{said['ip']}:{said['port']}"
        return Event(at, kind, user, said["ip"].strip("[]"), key)


class StrongSwan(Reader):
    """strongSwan's charon in syslog or a file of its own: an IKE_SA is a session."""

    service = "strongSwan"
    _LINE = re.compile(
        rf"{BSD} (?:\S+ )?(?:charon|ipsec)?\S*?(?:\[\d+\])?:? ?\d\d\[(?P<part>[A-Z]{{3}})\] "
        r"(?:<(?P<tag>[^>]*)> )?(?P<said>.*)"
    )
    _BEGINS = re.compile(
        r"IKE_SA (?P<key>\S+\[\d+\]) established between \S+?\[.*?\]\.\.\."
        r"(?P<ip>[0-9a-fA-F.:]+)\[(?P<user>.*)\]"
    )
    _ENDS = re.compile(
        r"(?:deleting IKE_SA (?P<key>\S+\[\d+\]) between \S+?\[.*?\]\.\.\."
        r"(?P<ip>[0-9a-fA-F.:]+)\[(?P<user>.*)\])"
    )
    _NAMED = re.compile(r"authentication of '(?P<user>[^']*)' with EAP successful")
    _REFUSED = re.compile(r"EAP method \S+ failed for peer (?P<user>\S+)")

    def __init__(self, zone: str, until: datetime) -> None:
        super().__init__(zone, until)
        self._users: dict[str, str] = {}  # who showed by EAP who they are, by the connection

    def moment_of(self, line: str) -> datetime | None:
        found = self._LINE.match(line)
        return moment(found["at"], self.zone, self.until) if found else None

    def read(self, line: str, at: datetime) -> Said:
        found = self._LINE.match(line)
        if found is None:
            return
        text, tag = found["said"], found["tag"] or ""
        if named := self._NAMED.search(text):
            self._users[tag] = named["user"]
        elif said := self._BEGINS.search(text):
            yield self._event(said, at, "begins", tag)
        elif said := self._ENDS.search(text):
            yield self._event(said, at, "ends", tag)
        elif said := self._REFUSED.search(text):
            yield Event(at, "refused", said["user"])
        elif text.startswith("IKE_SA ") and " established between " in text:
            yield Garbled()

    def _event(self, said: re.Match[str], at: datetime, kind: str, tag: str) -> Event:
        # `rw[12]` is `rw|12` in the tag of its lines.
        name = self._users.get(tag) or self._users.get(said["key"][:-1].replace("[", "|"))
        user = name or said["user"]
        profile = said["key"].partition("[")[0]
        return Event(at, kind, user, said["ip"], said["key"], profile)
