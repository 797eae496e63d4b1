"""Configuration: YAML in, frozen settings out, every mistake at once with file and line.

`agent.yaml` names the other files; paths in it are relative to its own folder. A password
never stands in a file: only a reference to one (`cred:fw-01`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from agent.cadence import cadence
from agent.credentials import Sources
from agent.discovery import discovery_mistakes
from agent.oui import with_prefixes
from agent.platforms import platform
from agent.rounds import Effort
from agent.settings import STRICT, VAULT_PATH, CalendarModel, DaemonModel, VaultModel
from agent.yaml_lines import Lines, load, nearest
from evidence.device import BY_NAME_ONLY, SUBJECTS, Device
from evidence.errors import ConfigurationError
from evidence.readings import Zones
from evidence.yaml_text import load_yaml

M = TypeVar("M", bound=BaseModel)
ZONES = ("internal", "external", "dmz", "management", "colo", "guest")


def _host(value: str) -> str:
    """A host name or an address; never a network, a URL or a space (`host_invalid`)."""
    try:
        return str(ip_address(value))
    except ValueError:
        labels = value.rstrip(".").split(".")
        good = all(
            label and len(label) <= 63 and all(c.isalnum() or c in "-_" for c in label)
            for label in labels
        )
        if not good or len(value) > 253:
            raise ValueError("host_invalid: a host name or an address is expected") from None
        return value


def _port(value: int) -> int:
    if not 1 <= value <= 65535:
        raise ValueError("port_invalid: a port is 1 to 65535")
    return value


def _reference(value: str) -> str:
    if not value.startswith(("cred:", "file:", "vault:")):
        raise ValueError(
            "secret_inline: a secret never stands in a file; write `secret: cred:NAME` or "
            "`secret: vault:PATH` and put it where `docs/install.md` says"
        )
    if value.startswith("vault:") and not re.fullmatch(VAULT_PATH, value.removeprefix("vault:")):
        raise ValueError("secret_invalid: a path in the Vault is written `vault:network/fw-01`")
    return value


def _schedule(value: str) -> str:
    try:
        cadence(value)
    except ConfigurationError as error:
        raise ValueError(f"{error.code}: {error.message}") from None
    return value


def _one_of(words: tuple[str, ...]) -> AfterValidator:
    def known(value: str) -> str:
        if value not in words:
            raise ValueError(f"word_unknown: known are {', '.join(words)}")
        return value

    return AfterValidator(known)


Subject = Annotated[str, _one_of(SUBJECTS)]
Zone = Annotated[str, _one_of(ZONES)]
Host = Annotated[str, AfterValidator(_host)]
Port = Annotated[int, AfterValidator(_port)]
Reference = Annotated[str, AfterValidator(_reference)]
Schedule = Annotated[str, AfterValidator(_schedule)]
Identity = Annotated[str, _one_of(("serial", "model", "hostname", "vendor"))]


class Model(BaseModel):
    model_config = STRICT


class DeviceModel(Model):
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    platform: str
    subjects: list[Subject] | None = None
    transport: str | None = None
    host: Host | None = None
    port: Port | None = None
    via: str | None = None
    secret: Reference | None = None
    ha_group: str | None = None
    site: str | None = None
    owner: str = ""
    timezone: str = "Asia/Taipei"
    schedule: Schedule | None = None
    expected: dict[Identity, str] = {}
    exceptions: dict[str, str] = {}
    options: dict[str, str] = {}


class DevicesFile(Model):
    devices: list[DeviceModel]


class StoreModel(Model):
    url: str
    ca: str | None = None
    public_key: str | None = None


_USUAL = Effort()


class LimitsModel(Model):
    workers: Annotated[int, Field(ge=1, le=256)] = _USUAL.workers
    per_site: Annotated[int, Field(ge=1, le=256)] | None = None
    per_platform: Annotated[int, Field(ge=1, le=256)] | None = None
    retry_after_s: list[Annotated[float, Field(ge=0)]] = list(_USUAL.retry_after_s)
    session_s: Annotated[float, Field(gt=0)] = _USUAL.budget.limit_s
    session_bytes: Annotated[int, Field(ge=1_000_000)] = _USUAL.budget.limit_bytes
    spool_bytes: Annotated[int, Field(ge=1_000_000)] = 20_000_000_000
    custody_days: Annotated[int, Field(ge=1)] = 35
    history_months: Annotated[int, Field(ge=14)] = 14


class AgentFile(Model):
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    site: str = "main"
    state: str
    language: Literal["zh-TW", "en"] = "zh-TW"
    devices: str = "devices.yaml"
    zones: str | None = None
    profile: str = "profile.yaml"
    rule_book: str = "twse-2025-04-11"
    policy: str = "company-2026"
    criteria: list[str] = ["firewall", "cryptography", "wireless"]
    credentials: str = "credentials"
    oui: str | None = None
    schedule: Schedule = "daily at 02:30"
    store: StoreModel | None = None
    vault: VaultModel | None = None
    limits: LimitsModel = LimitsModel()
    calendar: CalendarModel = CalendarModel()
    daemon: DaemonModel = DaemonModel()


class ZonesFile(Model):
    devices: dict[str, dict[str, Zone]] = {}
    networks: dict[str, Zone] = {}


@dataclass(frozen=True)
class Config:
    """Everything the agent was told. `schedules` holds the devices' own cadence, if any."""

    path: Path
    id: str
    site: str
    state: Path
    language: str
    devices: Mapping[str, Device]
    schedules: Mapping[str, str]
    zones: Zones
    profile: Mapping[str, Any]
    rule_book: Mapping[str, Any]
    policy: Mapping[str, Any]
    credentials: Sources
    schedule: str
    store: StoreModel | None
    limits: LimitsModel
    calendar: CalendarModel
    daemon: DaemonModel

    @property
    def lifecycle(self) -> Path:
        """Where the site's own lifecycle catalogues are kept."""
        return self.state / "lifecycle"

    @property
    def socket(self) -> Path:
        """Where the daemon listens for operators."""
        return (
            self.path.parent / self.daemon.socket
            if self.daemon.socket
            else (self.state / "agent.sock")
        )


def load_config(path: Path) -> Config:
    """The configuration in a file. Raises ConfigurationError listing every mistake found."""
    mistakes: list[str] = []
    settings = _model(AgentFile, path, mistakes)
    if settings is None:
        raise _refused(mistakes)
    folder = path.parent
    devices_path = folder / settings.devices
    devices_file = _model(DevicesFile, devices_path, mistakes)
    zones_file = ZonesFile()
    if settings.zones is not None and (
        settings.zones != "zones.yaml" or (folder / settings.zones).exists()
    ):
        zones_file = _model(ZonesFile, folder / settings.zones, mistakes) or zones_file
    devices: dict[str, Device] = {}
    if devices_file is not None:
        lines = load(devices_path, [])[1]
        devices = _devices(devices_file.devices, settings.site, devices_path, lines, mistakes)
    data = {
        name: _data(folder, kind, value, mistakes)
        for name, kind, value in (
            ("profile", "", settings.profile),
            ("rule_book", "controls", settings.rule_book),
            ("policy", "policy", settings.policy),
        )
    }
    parts = [_data(folder, "policy", name, mistakes) for name in settings.criteria]
    data["policy"] = {"parts": parts, **data["policy"]}
    if settings.oui is not None:
        data["policy"] = with_prefixes(data["policy"], folder / settings.oui)
    if mistakes or devices_file is None:
        raise _refused(mistakes)
    return Config(
        path=path,
        id=settings.id,
        site=settings.site,
        state=folder / settings.state,
        language=settings.language,
        devices=devices,
        schedules={one.id: one.schedule for one in devices_file.devices if one.schedule},
        zones=Zones(by_device=zones_file.devices, networks=zones_file.networks),
        profile=data["profile"],
        rule_book=data["rule_book"],
        policy=data["policy"],
        credentials=_sources(folder, settings),
        schedule=settings.schedule,
        store=settings.store,
        limits=settings.limits,
        calendar=settings.calendar,
        daemon=settings.daemon,
    )


def _sources(folder: Path, settings: AgentFile) -> Sources:
    """Where secrets come from, the Vault's CA under its full path."""
    vault = settings.vault
    if vault is not None and vault.ca is not None:
        vault = vault.model_copy(update={"ca": str(folder / vault.ca)})
    return Sources(folder / settings.credentials, vault)


def _devices(
    models: list[DeviceModel], site: str, path: Path, lines: Lines, mistakes: list[str]
) -> dict[str, Device]:
    """The devices by id; a name, or an address with its port, stands only once."""
    found: dict[str, Device] = {}
    addresses: dict[tuple[str, int | None, str], str] = {}
    wheres: dict[str, str] = {}
    for index, model in enumerate(models):
        where = f"{path.name}:{nearest(lines, ('devices', index, 'id'))}"
        try:
            one = platform(model.platform)
        except ConfigurationError as error:
            mistakes.append(f"{where}: {error.code}: {error.message}")
            continue
        transport = model.transport or (one.transports[0] if one.transports else "")
        readable = one.subjects_by(transport)
        named_only = BY_NAME_ONLY.union(one.by_name)
        usual = [subject for subject in readable if subject not in named_only]
        subjects = tuple(model.subjects or usual or readable)
        if unread := [subject for subject in subjects if subject not in readable]:
            by = f" by {transport}" if set(unread) & set(one.collectors) else ""
            mistakes.append(
                f"{where}: subject_unknown: {one.name} does not read {', '.join(unread)}{by}; "
                f"it reads {', '.join(readable)}"
            )
        if transport not in one.transports:
            mistakes.append(
                f"{where}: transport_invalid: {one.name} is read by {', '.join(one.transports)}"
            )
        if model.id in found:
            mistakes.append(f"{where}: inventory_duplicate: {model.id} stands twice")
        # What probes one listener of a host stands beside what probes another of it.
        by = transport
        if transport == "wire":
            by = f"{transport} {one.name} {model.options.get('starttls', '')}"
        place = (model.host or "", model.port, by)
        if model.host and place in addresses:
            mistakes.append(
                f"{where}: inventory_duplicate: "
                f"{addresses[place]} and {model.id} share {model.host}"
            )
        addresses[place] = model.id
        if model.via is not None and model.via not in {other.id for other in models}:
            mistakes.append(f"{where}: via_unknown: jump host {model.via} is not in the inventory")
        found[model.id] = Device(
            id=model.id,
            platform=one.name,
            subjects=subjects,
            transport=transport,
            address=model.host or "",
            port=model.port,
            via=model.via,
            credential=model.secret,
            ha_group=model.ha_group,
            site=model.site or site,
            owner=model.owner,
            timezone=model.timezone,
            expected=model.expected,
            exceptions=model.exceptions,
            options=model.options,
        )
        wheres[model.id] = where
    for device in found.values():
        wrongs = (*_jumps(device, found), *discovery_mistakes(device))
        mistakes += [f"{wheres[device.id]}: {wrong}" for wrong in wrongs]
    return found


def _jumps(device: Device, devices: Mapping[str, Device]) -> list[str]:
    """What is wrong with the way to a device through jump hosts: SSH all along, no circle."""
    seen = [device.id]
    hop = devices.get(device.via or "")
    if hop is not None and device.transport != "ssh":
        return [f"via_invalid: {device.id} is read by {device.transport}; only SSH goes `via:`"]
    while hop is not None:
        if hop.id in seen:
            return [f"via_circle: the way to {device.id} is a circle: {', '.join(seen)}, {hop.id}"]
        if hop.transport != "ssh":
            return [f"via_invalid: jump host {hop.id} is read by {hop.transport}, not by SSH"]
        seen.append(hop.id)
        hop = devices.get(hop.via or "")
    return []


def _data(folder: Path, kind: str, name: str, mistakes: list[str]) -> Mapping[str, Any]:
    """A site's own file if there is one of that name, else the shipped one."""
    own = folder / name if name.endswith(".yaml") else folder / f"{name}.yaml"
    if own.exists():
        return load(own, mistakes)[0] or {}
    shipped = (
        files("config").joinpath(kind, own.name) if kind else files("config").joinpath(own.name)
    )
    if not shipped.is_file():
        mistakes.append(f"{own.name}: file_missing: neither {own} nor a shipped one exists")
        return {}
    return load_yaml(shipped.read_text("utf-8")) or {}


def _model(kind: type[M], path: Path, mistakes: list[str]) -> M | None:
    """The file as a model, or None with its mistakes appended."""
    before = len(mistakes)
    data, lines = load(path, mistakes)
    if len(mistakes) > before:
        return None
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        for one in error.errors():
            mistakes.append(_mistake(kind, path, lines, dict(one)))
        return None


def _mistake(kind: type[BaseModel], path: Path, lines: Lines, error: dict[str, Any]) -> str:
    """One sentence for one mistake: file, line, code, what is wrong. Never the value itself."""
    place = tuple(error["loc"])
    where = f"{path.name}:{nearest(lines, place)}"
    # pydantic puts "[key]" behind a key of a mapping that is itself the mistake.
    name = next((part for part in reversed(place) if part != "[key]"), "")
    if error["type"] == "extra_forbidden":
        return f"{where}: {_unknown_key(kind, str(name), place)}"
    if error["type"] == "value_error":
        return f"{where}: {error['ctx']['error']} (key `{name}`)"
    if name == "port":
        return f"{where}: port_invalid: a port is a number, 1 to 65535"
    if name == "host":
        return f"{where}: host_invalid: a host name or an address is expected"
    return f"{where}: config_invalid: key `{name}`: {error['msg'].lower()}"


_SECRET_KEYS = (
    "password",
    "passwd",
    "token",
    "enable",
    "community",
    "psk",
    "api_key",
    "passphrase",
)


def _unknown_key(kind: type[BaseModel], name: str, place: tuple[Any, ...]) -> str:
    if name.casefold() in _SECRET_KEYS:
        return (
            f"secret_inline: key `{name}`: a secret never stands in a file; "
            "write `secret: cred:NAME`"
        )
    known = DeviceModel if kind is DevicesFile and len(place) > 2 else kind
    near = get_close_matches(name, known.model_fields, n=1, cutoff=0.5)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return f"config_syntax: key `{name}` is unknown{hint}"


def _refused(mistakes: list[str]) -> ConfigurationError:
    count = len(mistakes)
    code = mistakes[0].split(": ")[1] if count else "config_invalid"
    return ConfigurationError(
        f"{count} mistake{'s' if count != 1 else ''} in the configuration; nothing was started\n  "
        + "\n  ".join(mistakes),
        code=code,
        next_step="mend them and run `evidence-agent doctor`",
    )
