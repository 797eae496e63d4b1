"""Options that several commands share, and the configuration they lead to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from agent.config import Config, load_config
from evidence.errors import ConfigurationError

CONFIG_VARIABLE = "EVIDENCE_AGENT_CONFIG"
PLACES = (Path("agent.yaml"), Path("/etc/evidence-agent/agent.yaml"))

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="agent.yaml, or its folder.",
        envvar=CONFIG_VARIABLE,
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Say what is fine too.")]
DeviceNames = Annotated[
    list[str] | None, typer.Argument(help="Device ids; none: all.", show_default=False)
]
SubjectOption = Annotated[
    str | None, typer.Option("--subject", "-s", help="Only this subject.", show_default=False)
]
PeriodOption = Annotated[
    str | None,
    typer.Option("--period", help="Month, 2026-11; none: the running one.", show_default=False),
]
LanguageOption = Annotated[
    str | None, typer.Option("--language", help="zh-TW or en.", show_default=False)
]
SiteOption = Annotated[
    str | None, typer.Option("--site", help="Only this site.", show_default=False)
]
XlsxOption = Annotated[
    Path | None, typer.Option("--xlsx", help="Write a work book.", show_default=False)
]


def configured(path: Path | None) -> Config:
    """The configuration, from where it was named or from the usual places.

    Raises ConfigurationError listing every mistake, or naming where it was looked for.
    """
    if path is not None:
        return load_config(path / PLACES[0] if path.is_dir() else path)
    for place in PLACES:
        if place.exists():
            return load_config(place)
    raise ConfigurationError(
        f"no configuration found (looked for {', '.join(map(str, PLACES))})",
        code="config_missing",
        next_step="run `evidence-agent init`, or name one with --config",
    )


def account() -> str:
    """Who is at the terminal: recorded as the requester."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or f"uid {os.getuid()}"


def known_devices(config: Config, names: list[str] | None) -> list[str]:
    """The names as given, all in the inventory. Raises ConfigurationError (`device_unknown`)."""
    unknown = [name for name in names or () if name not in config.devices]
    if unknown:
        raise ConfigurationError(
            f"not in the inventory: {', '.join(unknown)}",
            code="device_unknown",
            next_step="`evidence-agent devices` lists what is",
        )
    return names or []


def check_site(config: Config, site: str | None) -> None:
    """Raises ConfigurationError (`site_unknown`) where no device is at a site."""
    sites = sorted({one.site for one in config.devices.values()})
    if site is not None and site not in sites:
        raise ConfigurationError(
            f"no device is at {site}; known: {', '.join(sites)}", code="site_unknown"
        )
