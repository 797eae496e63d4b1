"""Members of a service group, as IOS and ASA write them: protocol, sender's port, port."""

from __future__ import annotations

from collections.abc import Sequence

_SIGNS = {"eq": "", "neq": "!", "gt": ">", "lt": "<"}
_WITH_TYPES = ("icmp", "icmp6")


def any_protocol(name: str) -> str:
    return "any" if name == "ip" else name


def port_of(words: Sequence[str]) -> tuple[str, int]:
    """A port or range as a list names it, and how many words that is; ("", 0) for none."""
    match words:
        case ("range", first, last, *_):
            return f"{first}-{last}", 3
        case (sign, port, *_) if sign in _SIGNS:
            return f"{_SIGNS[sign]}{port}", 2
    return "", 0


def whole_service(words: Sequence[str]) -> str | None:
    """`tcp source gt 1023 destination eq https` as `tcp/https from >1023`; IOS leaves out
    `destination`. None for a form that nobody here knows."""
    protocol, *rest = words or ("",)
    source, destination, control = "", "", list[str]()
    while rest:
        end = rest[0] if rest[0] in ("source", "destination") else ""
        told, used = port_of(rest[1:] if end else rest)
        if used and end == "source":
            source = told
        elif used:
            destination = told
        elif end or protocol not in _WITH_TYPES:
            return None
        else:
            control.append(rest[0])
            used = 1
        rest = rest[used + bool(end) :]
    if control:
        return f"{protocol}/{'/'.join(control)}"
    if source or destination:
        return f"{protocol}/{destination or 'any'}" + (f" from {source}" if source else "")
    return any_protocol(protocol)
