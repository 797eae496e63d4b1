"""`init`, `doctor` and `hostkey`: from nothing to an agent that can be trusted to run."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.options import (
    ConfigOption,
    DeviceNames,
    JsonOption,
    VerboseOption,
    account,
    configured,
    known_devices,
)
from agent.cli.words import Line, progress, say, say_lines, show
from agent.doctor import Condition, examine
from agent.ledger import Ledger
from agent.push.enrol import enrol as enrol_at
from agent.wired import agent_of, make_keys, system_clock, whole
from agent.work import store_client
from evidence.errors import ConfigurationError
from evidence.statement import RUN

hostkey = typer.Typer(help="Pinned host keys.", no_args_is_help=True)
# Lines of the shipped agent.yaml, and what they are under systemd/evidence-agent.service.
_OF_THE_UNIT = {
    "state: state\n": "state: /var/lib/evidence-agent\n",
    "# daemon:\n#   socket: /run/": "daemon:\n  socket: /run/",
}
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def init(
    folder: Annotated[Path, typer.Argument(help="Where the configuration goes.")] = Path(),
    service: Annotated[
        bool, typer.Option("--service", help="With the paths of the systemd unit.")
    ] = False,
) -> None:
    """Write a first configuration and make the agent's keys. Never overwrites a file."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = _OF_THE_UNIT if service else {}
    for name in ("agent.yaml", "devices.yaml", "zones.yaml", "profile.yaml"):
        target = folder / name
        if target.exists():
            say(f"{target} exists and was left as it is")
            continue
        text = files("config").joinpath(name).read_text("utf-8")
        for shipped, wanted in paths.items():
            text = text.replace(shipped, wanted)
        with whole(target):
            target.write_text(text, "utf-8")
        say(f"wrote {target}")
    (folder / "credentials").mkdir(exist_ok=True, mode=0o700)
    settings = configured(folder / "agent.yaml")
    key = make_keys(settings.state)
    say(f"keys are in {settings.state}; this agent's key id is {key.public.keyid}")
    say("next: list your devices in devices.yaml, then `evidence-agent doctor`")


def enrol(
    url: Annotated[str, typer.Argument(help="The store's address.")],
    token: Annotated[str, typer.Argument(help="From `evidence-store invite`; works once.")],
    ca: Annotated[
        Path | None, typer.Option(help="The CA of the store's certificate (PEM).")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Let this agent into a store. Its keys are made here and never leave this host."""
    settings = configured(config)
    sites = enrol_at(settings, url, token, ca)
    say(f"{settings.id} delivers for {', '.join(sites)} to {url}")
    if settings.site not in sites:
        say(f"its own site, {settings.site}, is not among them: it would be refused")
    settings = configured(config)  # with the store that it has now
    if settings.store is None:
        return
    with agent_of(settings) as agent:
        client = store_client(settings, agent)
        if agent.ledger.newest_record(RUN) is None and any(client.listed("records")):
            say(f"{settings.id} delivered before, and this ledger knows of nothing: type")
            say("`evidence-agent ledger rebuild --from-store` before anything is collected")


def doctor(
    names: DeviceNames = None,
    login: Annotated[bool, typer.Option("--login", help="Log in to each device, once.")] = False,
    verbose: VerboseOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Check everything a collection needs, and say how to mend what is not right.

    Says only what is not fine (-v: everything). Nothing of an account leaves for a device
    unless --login is given.
    """
    settings = configured(config)
    chosen = known_devices(settings, names)
    with progress() as bar:
        task = bar.add_task("looking", total=len(chosen or settings.devices))
        found = examine(
            settings,
            system_clock(),
            chosen,
            account() if login else None,
            lambda device: bar.update(task, advance=1, description=device),
        )
    if json:
        show([one.record() for one in found], {}, as_json=True)
    else:
        _say_conditions(found, verbose)
    if codes := {one.exit_code for one in found if one.state == "fail"}:
        raise typer.Exit(max(codes))


def _say_conditions(found: list[Condition], verbose: bool) -> None:
    """One line a condition, then the sum."""
    lines = (
        Line(one.state, one.what, f"{one.about}: {one.said}" if one.about else one.said, one.mend)
        for one in found
    )
    say_lines(lines, verbose)
    counts = Counter(one.state for one in found)
    wrong = [f"{counts['fail']} failed"] if counts["fail"] else []
    wrong += [f"{counts['warn']} to look at"] if counts["warn"] else []
    more = "" if verbose or not counts["ok"] else "; -v shows all"
    say(f"{len(found)} looked at: {', '.join(wrong) or 'all is well'}{more}")


@hostkey.command("accept")
def accept(
    device: Annotated[str, typer.Argument()],
    fingerprint: Annotated[str, typer.Argument(help="SHA256:…, as read on the device itself.")],
    config: ConfigOption = None,
) -> None:
    """Pin a device's host key. Compare the fingerprint with the device's console first."""
    settings = configured(config)
    known_devices(settings, [device])
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise ConfigurationError(
            "a fingerprint is written SHA256: and 43 characters", code="fingerprint_invalid"
        )
    ledger = Ledger(settings.state)
    ledger.accept_host_key(device, fingerprint, account(), system_clock())
    ledger.close()
    say(f"{device}: {fingerprint} is pinned; any other key will be refused")


@hostkey.command("list")
def list_keys(config: ConfigOption = None, json: JsonOption = False) -> None:
    """The pinned host keys."""
    settings = configured(config)
    ledger = Ledger(settings.state)
    rows = [
        {"device": device, "fingerprint": fingerprint}
        for device in settings.devices
        for fingerprint in sorted(ledger.host_keys(device))
    ]
    ledger.close()
    show(rows, {"device": "device", "fingerprint": "fingerprint"}, json)
