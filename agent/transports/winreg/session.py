"""Reading keys through the pipe, and writing them down as `reg query` would.

So one reader understands both, and an auditor compares an answer with the host's own. Only the
words of failures are ours, since Windows' are in its users' language. Control signs in a name
or a text are escaped: no value can look like a line of its own. A number of another length than
its type's, and a type that nobody knows, is written as `REG_NONE` with its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.gate.winreg import CLOSE_KEY, HIVES, Query, WinregGate
from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Answer
from agent.transports.deadline import Deadline
from agent.transports.winreg import rpc
from agent.transports.winreg.pipe import CONNECT_S, Pipe
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, TooMuch, Unexpected, VisitError

_NAMES = {"HKLM": "HKEY_LOCAL_MACHINE", "HKU": "HKEY_USERS"}
_NONE, _SZ, _EXPAND, _BINARY, _DWORD, _BIG, _LINK, _MULTI, _QWORD = (*range(8), 11)
_TYPES = {
    **{_NONE: "REG_NONE", _SZ: "REG_SZ", _EXPAND: "REG_EXPAND_SZ", _BINARY: "REG_BINARY"},
    **{_DWORD: "REG_DWORD", _BIG: "REG_DWORD_BIG_ENDIAN", _LINK: "REG_LINK"},
    **{_MULTI: "REG_MULTI_SZ", 8: "REG_RESOURCE_LIST", 9: "REG_FULL_RESOURCE_DESCRIPTOR"},
    **{10: "REG_RESOURCE_REQUIREMENTS_LIST", _QWORD: "REG_QWORD"},
}
_SIZES = {_DWORD: 4, _QWORD: 8}
_FIRST_SIZE, _LARGEST_SIZE = 4096, 1024 * 1024
_MOST = 20_000  # values of a key, and keys below one
_DEEPEST = 8
_ESCAPED = {code: f"\\x{code:02x}" for code in (*range(32), 127, 0x85, 0x2028, 0x2029)}


class Winreg:
    """One log-in and one pipe a visit. What ends the pipe ends it for all asks."""

    def __init__(
        self, device: Device, credential: Credential, platform: Platform, auth: str
    ) -> None:
        self._who = device.id
        self._account = credential.username or None
        self._gate = WinregGate(device, platform, credential)
        self._pipe = Pipe(device, credential, self._gate, auth)
        self._hives: dict[str, bytes] = {}
        self._trouble: VisitError | None = None
        self._opened = False

    def ask(self, ask: Ask) -> Answer:
        """The keys as text. Raises NotAnswered for what the registry is not asked by."""
        if self._trouble is not None:
            raise self._trouble
        asked = self._gate.admit(ask.text) if ask.kind == "command" else None
        if asked is None:
            raise NotAnswered(f"{self._who}: {ask.text!r} cannot be asked of the registry pipe")
        try:
            body = self._answered(ask, asked)
        except (NotAnswered, TooMuch) as error:
            if not self._opened:
                self._trouble = error
            raise
        except VisitError as error:
            self._trouble = error
            raise
        return Answer(body, account=self._account, way=self._pipe.way)

    def close(self) -> None:
        """Leave the pipe and log off, where the way is whole."""
        with Deadline(CONNECT_S, self._pipe.cut):
            self._pipe.close()

    def _answered(self, ask: Ask, asked: Query) -> bytes:
        with Deadline(ask.limit_s, self._pipe.cut) as deadline:
            try:
                if not self._opened:
                    self._pipe.open()
                    self._opened = True
                lines, size = list[str](), 0
                for line in self._lines(asked):
                    size += len(line)
                    if size > ask.limit_bytes:
                        raise TooMuch(f"{self._who}: {ask.text!r} has over {ask.limit_bytes} bytes")
                    lines.append(line)
            except ValueError as error:
                raise Unexpected(f"{self._who}: {ask.text!r}: {error}") from None
            except VisitError as error:
                if deadline.passed:
                    raise self._late(ask) from None
                raise error
        if deadline.passed:
            raise self._late(ask)
        return "".join(f"{line}\n" for line in lines).encode()

    def _late(self, ask: Ask) -> Incomplete:
        return Incomplete(f"{self._who}: {ask.text!r} took over {ask.limit_s:g} s")

    def _lines(self, asked: Query) -> Iterator[str]:
        if asked.value is not None:
            yield from self._below(asked.hive, asked.path, asked.value, 0)
            return
        name = _NAMES[asked.hive]
        place = f"{name}\\{asked.path}" if asked.path else name
        key = self._open(asked.hive, asked.path)
        if key is None:
            yield f"ERROR_FILE_NOT_FOUND: there is no {place}"
            return
        values = [_written(one) for one in self._values(key)]
        if values:
            yield from ("", place, *values)
        yield from ("", *(f"{place}\\{_plain(one)}" for one in self._subkeys(key)))
        self._close(key)

    def _below(self, hive: str, path: str, value: str, depth: int) -> Iterator[str]:
        """The value of this name in a key and all below it."""
        key = self._open(hive, path) if depth < _DEEPEST else None
        if key is None:
            return
        found = self._value(key, value)
        if found is not None:
            yield from ("", f"{_NAMES[hive]}\\{_plain(path)}", _written(found))
        subkeys = self._subkeys(key)
        self._close(key)
        for one in subkeys:
            try:
                yield from self._below(hive, f"{path}\\{one}", value, depth + 1)
            except NotAnswered as error:
                if error.code != "privilege_missing":
                    raise
                yield f"ERROR_ACCESS_DENIED: {_NAMES[hive]}\\{_plain(path)}\\{_plain(one)}"

    def _open(self, hive: str, path: str) -> bytes | None:
        """A key's handle; None where there is no such key."""
        if hive not in self._hives:
            reply = self._pipe.call(rpc.open_hive(HIVES[hive], self._pipe.serial()))
            self._check(reply, hive)
            self._hives[hive] = reply.handle()
        if not path:
            return self._hives[hive]
        reply = self._pipe.call(rpc.open_key(self._pipe.serial(), self._hives[hive], path))
        if reply.status == rpc.MISSING:
            return None
        self._check(reply, path)
        return reply.handle()

    def _close(self, key: bytes) -> None:
        if key not in self._hives.values():
            self._pipe.call(rpc.call(CLOSE_KEY, self._pipe.serial(), key))

    def _subkeys(self, key: bytes) -> list[str]:
        found: list[str] = []
        while len(found) < _MOST:
            reply = self._pipe.call(rpc.enum_key(self._pipe.serial(), key, len(found)))
            if reply.status == rpc.NO_MORE:
                return found
            self._check(reply, "a key's subkeys")
            found.append(reply.name())
        raise TooMuch(f"{self._who}: a key has over {_MOST} subkeys")

    def _values(self, key: bytes) -> Iterator[rpc.Value]:
        index, size = 0, _FIRST_SIZE
        while index < _MOST:
            reply = self._pipe.call(rpc.enum_value(self._pipe.serial(), key, index, size))
            if reply.status == rpc.NO_MORE:
                return
            if (value := self._read(reply, reply.name() if _holds(reply) else "")) is None:
                size = self._larger(size, reply)
                continue
            yield value
            index, size = index + 1, _FIRST_SIZE
        raise TooMuch(f"{self._who}: a key has over {_MOST} values")

    def _value(self, key: bytes, name: str) -> rpc.Value | None:
        """One value; None where the key has none of this name."""
        size = _FIRST_SIZE
        while True:
            reply = self._pipe.call(rpc.query_value(self._pipe.serial(), key, name, size))
            if reply.status == rpc.MISSING:
                return None
            if (value := self._read(reply, name)) is not None:
                return value
            size = self._larger(size, reply)

    def _read(self, reply: rpc.Reply, name: str) -> rpc.Value | None:
        """The value of a reply; None where it did not fit."""
        if reply.status == rpc.MORE_DATA:
            return None
        self._check(reply, "a key's values")
        return reply.value(name)

    def _larger(self, size: int, reply: rpc.Reply) -> int:
        if size >= _LARGEST_SIZE:
            raise TooMuch(f"{self._who}: a value has over {_LARGEST_SIZE} bytes")
        return min(size * 16, _LARGEST_SIZE)

    def _check(self, reply: rpc.Reply, what: str) -> None:
        """Raises NotAnswered for an error of Windows."""
        if reply.status == rpc.OK:
            return
        denied = reply.status == rpc.DENIED
        raise NotAnswered(
            f"{self._who}: {what}: Windows error {reply.status}",
            code="privilege_missing" if denied else "command_failed",
            next_step="let the account read the key remotely; see the platform's page",
        )


def _holds(reply: rpc.Reply) -> bool:
    return reply.status == rpc.OK


def _written(value: rpc.Value) -> str:
    """A line of `reg query`: name, type, data."""
    kind, data = value.kind, value.data
    if kind not in _TYPES or len(data) != _SIZES.get(kind, len(data)):
        kind = _NONE
    if kind in _SIZES:
        text = f"{int.from_bytes(data, 'little'):#x}"
    elif kind in (_SZ, _EXPAND, _LINK, _MULTI):
        text = data.decode("utf-16-le", "replace").rstrip("\0")
        text = _plain("\\0".join(text.split("\0")) if kind == _MULTI else text)
    else:
        text = data.hex().upper()
    return f"    {_plain(value.name) or '(Default)'}    {_TYPES[kind]}    {text}"


def _plain(text: str) -> str:
    """Without control signs, and without the gaps that part a line's columns."""
    return text.translate(_ESCAPED).replace("    ", "\\x20" * 4)
