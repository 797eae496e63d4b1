"""`completion`: what a shell needs to complete our commands by itself.

The scripts hold every command, option and known value, so that a press of the tab key starts no
program of ours: loading it takes the better part of a second. Device names are read by the shell
from devices.yaml, because they change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from agent.platforms import platforms
from evidence.device import SUBJECTS
from evidence.errors import ConfigurationError

# Where devices.yaml is, as `options.configured` looks for it; how a device stands in it.
_DEVICES = """\
    configured=${EVIDENCE_AGENT_CONFIG:-}
    for folder in "${configured%/*}" . /etc/evidence-agent; do
        [ -r "$folder/devices.yaml" ] || continue
        grep -v '^ *#' "$folder/devices.yaml" | grep -oE '(^|[ {-])id: *[A-Za-z0-9._-]+' |
            sed 's/.*id: *//'
        break
    done
"""


def completion(
    context: typer.Context,
    shell: Annotated[str, typer.Argument(help="bash, zsh or fish.")],
) -> None:
    """Print the script with which a shell completes our commands."""
    shells = {"bash": bash, "zsh": zsh, "fish": fish}
    if shell not in shells:
        raise ConfigurationError(
            f"no completion for {shell!r}; there is one for {', '.join(shells)}",
            code="word_unknown",
        )
    print(shells[shell](list(commands(context.find_root().command))), end="")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, what may follow them, and what may follow its options."""

    path: tuple[str, ...]
    inner: Mapping[str, str]  # subcommand → help
    options: Mapping[str, str]  # option → help
    values: Mapping[str, tuple[str, ...]]  # option, or "" for an argument → known values
    devices: bool  # whether an argument is a device's id


def commands(command: object, path: tuple[str, ...] = ()) -> Iterator[Command]:
    """The command and all under it."""
    if not isinstance(command, TyperGroup | TyperCommand):
        return
    inner = command.commands if isinstance(command, TyperGroup) else {}
    known = {
        "platform": tuple(platforms()),
        "subject": SUBJECTS,
        "language": ("zh-TW", "en"),
        "shell": ("bash", "zsh", "fish"),
    }
    options: dict[str, str] = {"--help": "Show this message and exit."}
    values: dict[str, tuple[str, ...]] = {}
    devices = False
    for parameter in command.params:
        name = str(parameter.name)
        if isinstance(parameter, TyperOption):
            options |= dict.fromkeys(parameter.opts, parameter.help or "")
            values |= {one: known[name] for one in parameter.opts if name in known}
        else:
            devices = devices or name in ("names", "device")
            values |= {"": known[name]} if name in known else {}
    helps = {name: (one.help or "").partition("\n")[0] for name, one in inner.items()}
    yield Command(path, helps, options, values, devices)
    for name, one in inner.items():
        yield from commands(one, (*path, name))


def bash(known: list[Command]) -> str:
    """A function for bash's `complete`; it reads nothing but the words typed so far."""
    # `path` and `words` have a meaning of their own in zsh, which runs this too.
    paths = "|".join(f'"{" ".join(one.path)}"' for one in known if one.path)
    lines = [
        "_evidence_agent_devices() {",
        _DEVICES + "}",
        "_evidence_agent() {",
        "    local at= one word=${COMP_WORDS[COMP_CWORD]} before= follows=",
        '    for one in "${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do',
        "        before=$one",
        f'        case "${{at:+$at }}$one" in {paths}) at="${{at:+$at }}$one" ;; esac',
        "    done",
        '    case "$at:$before" in',
    ]
    for one in known:
        path = " ".join(one.path)
        for option, values in one.values.items():
            if option:
                lines.append(f'    "{path}:{option}") follows="{" ".join(values)}" ;;')
    lines += ['    *) case "$at" in']
    for one in known:
        words = [*one.inner, *one.options, *one.values.get("", ())]
        words += ["$(_evidence_agent_devices)"] if one.devices else []
        lines.append(f'        "{" ".join(one.path)}") follows="{" ".join(words)}" ;;')
    lines += [
        "        esac ;;",
        "    esac",
        '    COMPREPLY=($(compgen -W "$follows" -- "$word"))',
        "}",
        "complete -o default -F _evidence_agent evidence-agent",
    ]
    return "\n".join(lines) + "\n"


def zsh(known: list[Command]) -> str:
    """The same, through zsh's own way to run a completion of bash's."""
    return "autoload -U +X bashcompinit && bashcompinit\n" + bash(known)


def fish(known: list[Command]) -> str:
    """fish's declarations, with the help of every command and option."""
    lines = [
        "function __evidence_agent_devices",
        f"    sh -c {_quoted(_DEVICES)}",
        "end",
    ]
    for one in known:
        here = [f"__fish_seen_subcommand_from {name}" for name in one.path]
        if one.inner:
            here.append(f"not __fish_seen_subcommand_from {' '.join(one.inner)}")
        start = f"complete -c evidence-agent -n {_quoted('; and '.join(here))}"
        for name, text in one.inner.items():
            lines.append(f"{start} -f -a {name} -d {_quoted(text)}")
        for option, text in one.options.items():
            dashes = "-l" if option.startswith("--") else "-s"
            values = one.values.get(option)
            follows = f" -x -a {_quoted(' '.join(values))}" if values else ""
            lines.append(f"{start} {dashes} {option.lstrip('-')}{follows} -d {_quoted(text)}")
        if values := one.values.get(""):
            lines.append(f"{start} -f -a {_quoted(' '.join(values))}")
        if one.devices:
            lines.append(f"{start} -f -a '(__evidence_agent_devices)'")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """In single quotes, as fish reads them."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
