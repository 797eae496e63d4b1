"""A site of lab devices, its configuration in files, and canaries wherever a secret may stand."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.collect import Run, collect, jobs_for
from agent.config import Config, load_config
from agent.connect import Connector
from agent.logins import Logins
from agent.platforms import platform
from agent.rounds import Effort
from agent.sealing import Agent
from agent.wired import agent_of, make_keys
from evidence.facts import FirewallRule, RuleUsage
from evidence.reading import Reading
from evidence.tape import Tape, TapeAnswer, read_tape
from lab.devices import Mischief
from lab.devices.https import LabHttps
from lab.devices.snmp import LabSnmp, SnmpAccount
from lab.devices.ssh import Account, LabSsh
from lab.devices.terminal import Terminal

CASES = Path(__file__).parent / "cases"


# Lab devices that break off do so for ever; tests of further attempts ask for them.
ONE_ATTEMPT = Effort(retry_after_s=())


def canary() -> str:
    return f"canary-{secrets.token_hex(12)}"


def tape_of(name: str, *more: str) -> Tape:
    """One case's tape (`asa/firewall.pair`), with the answers of others added."""
    tapes = [read_tape(CASES / f"{one}.tape") for one in (name, *more)]
    answers = {answer.ask: answer for tape in reversed(tapes) for answer in tape.answers}
    return replace(tapes[0], answers=tuple(answers.values()))


def tape_with(tape: Tape, **bodies: bytes) -> Tape:
    """The tape with other answers to the asks of these names."""
    texts = {ask.name: ask.text for ask in platform(tape.platform).asks}
    kept = [one for one in tape.answers if one.ask not in {texts[name] for name in bodies}]
    answers = [TapeAnswer(texts[name], body) for name, body in bodies.items()]
    return replace(tape, answers=(*kept, *answers))


ASA = tape_of("asa/firewall.pair", "asa/firmware.asa5516")
ASA_TERMINAL = Terminal(prompt="edge-fw# ", user_prompt="edge-fw> ")


@dataclass
class Site:
    """Lab devices as they run, and the agent's files that lead to them.

    `heard` holds every line a device received; `secrets` every canary handed out.
    """

    folder: Path
    heard: dict[str, list[str]] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    store_url: str | None = None
    _stack: ExitStack = field(default_factory=ExitStack)
    _devices: list[dict[str, Any]] = field(default_factory=list)
    _host_keys: dict[str, str] = field(default_factory=dict)

    def secret(self) -> str:
        self.secrets.append(canary())
        return self.secrets[-1]

    def ssh(
        self,
        name: str,
        tape: Tape,
        *subjects: str,
        terminal: Terminal | None = None,
        mischief: Mischief | None = None,
        password: str | None = None,
        port: int | None = None,
        **entry: Any,
    ) -> LabSsh:
        """A device by SSH; with another `password` than its own it refuses the log-in."""
        own, second = self.secret(), self.secret() if terminal else None
        account = Account("auditor", own, second=second)
        lab = self._stack.enter_context(LabSsh(tape, account, terminal, mischief))
        given = {"username": "auditor", "password": password or own, "second": second}
        self._credential(name, {key: value for key, value in given.items() if value})
        self._add(name, tape, subjects, "ssh", port or lab.port, entry)
        self._host_keys[name] = lab.fingerprint
        self.heard[name] = lab.lines
        return lab

    def https(
        self, name: str, tape: Tape, *subjects: str, mischief: Mischief | None = None, **entry: Any
    ) -> LabHttps:
        token = self.secret()
        lab = self._stack.enter_context(LabHttps(tape, token, mischief=mischief))
        self._credential(name, {"token": token})
        entry.setdefault("options", {})["tls_fingerprint"] = lab.fingerprint
        self._add(name, tape, subjects, "https", lab.port, entry)
        self.heard[name] = lab.lines
        return lab

    def snmp(self, name: str, tape: Tape, *subjects: str) -> LabSnmp:
        password, privacy = self.secret(), self.secret()
        account = SnmpAccount("auditor", password, privacy)
        lab = self._stack.enter_context(LabSnmp(tape, account))
        given = {"username": "auditor", "password": password, "second": privacy}
        self._credential(name, given)
        self._add(name, tape, subjects, "snmp", lab.port, {})
        self.heard[name] = lab.lines
        return lab

    def elsewhere(
        self,
        name: str,
        platform: str,
        transport: str,
        port: int,
        given: dict[str, str],
        **entry: Any,
    ) -> None:
        """A device on loopback that somebody else runs, with what leads to it; its `firmware`."""
        self._credential(name, given)
        self._add(name, Tape(platform, ()), ("firmware",), transport, port, entry)

    def write(self) -> Config:
        """Write the configuration that leads to the devices, make the keys, and read it."""
        store = {"store": {"url": self.store_url}} if self.store_url else {}
        _write(self.folder / "agent.yaml", {"id": "agent-1", "state": "state", **store})
        _write(self.folder / "devices.yaml", {"devices": self._devices})
        make_keys(self.folder / "state")
        return load_config(self.folder / "agent.yaml")

    @contextmanager
    def agent(self, config: Config) -> Iterator[Agent]:
        """The agent of this site; the devices' host keys are pinned."""
        with agent_of(config) as agent:
            for device, fingerprint in self._host_keys.items():
                agent.ledger.accept_host_key(device, fingerprint, "test", agent.clock())
            yield agent

    def collect(self, config: Config, agent: Agent) -> Run:
        """Read every device, through the same connector as the program."""
        connector = Connector(Logins(agent, "lin"), config.credentials, config.devices)
        jobs = jobs_for(config.devices.values())
        return collect(agent, jobs, connector, requester="lin", effort=ONE_ATTEMPT)

    def readings(self) -> dict[tuple[str, str], Reading]:
        """Write the configuration, read every device once, and what came of each subject."""
        config = self.write()
        with self.agent(config) as agent:
            return by_device(self.collect(config, agent))

    def _credential(self, name: str, values: dict[str, str]) -> None:
        path = self.folder / "credentials" / name
        path.parent.mkdir(exist_ok=True, mode=0o700)
        path.touch(0o600)
        _write(path, values)

    def _add(
        self,
        name: str,
        tape: Tape,
        subjects: tuple[str, ...],
        transport: str,
        port: int,
        entry: dict[str, Any],
    ) -> None:
        self._devices.append(
            {
                "id": name,
                "platform": tape.platform,
                "subjects": list(subjects),
                "transport": transport,
                "host": "127.0.0.1",
                "port": port,
                "secret": f"cred:{name}",
                **entry,
            }
        )


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """An empty site in a folder; its devices stop at the end."""
    with ExitStack() as stack:
        yield Site(folder, _stack=stack)


@pytest.fixture
def lab_site(tmp_path: Path) -> Iterator[Site]:
    """An empty site in the test's folder."""
    with site(tmp_path) as found:
        yield found


def by_device(run: Run) -> dict[tuple[str, str], Reading]:
    """The readings of a run by device and subject."""
    return {(r.device, r.subject): r for visit in run.visits for r in visit.readings}


def failure_of(reading: Reading) -> str:
    """The code a failed reading has; an error where it has none."""
    assert reading.failure is not None, f"{reading.device}: it should fail, and gave facts"
    assert reading.facts == ()
    return reading.failure.code


def rules_of(reading: Reading) -> dict[tuple[str, str], tuple[object, ...]]:
    """What a reading says of each rule that somebody wrote, and of each counter."""
    return {
        **{
            ("rule", one.key): (one.match_digest, one.action, one.enabled, one.position)
            for one in reading.of(FirewallRule)
            if not one.implicit
        },
        **{("count", one.key): (one.count, one.size_bytes) for one in reading.of(RuleUsage)},
    }


def _write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
