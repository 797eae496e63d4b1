"""`nft -j list ruleset`, written out as nft's own text, so that both are read in one way.

nft itself does this half-way: what its JSON has no form for (a jump into an unnamed chain)
stands in the JSON as text. A statement we have no words for is written as its JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from evidence.errors import Unexpected


def as_text(document: Any, who: str) -> str:
    """The ruleset as nft prints it. Raises Unexpected when it is none."""
    objects = document.get("nftables") if isinstance(document, dict) else None
    if not isinstance(objects, list):
        raise Unexpected(f"{who}: JSON without the key 'nftables'")
    pairs = [pair for one in objects if isinstance(one, dict) for pair in one.items()]
    tables: dict[tuple[str, str], dict[str, Any]] = {}
    rules: dict[tuple[str, str, str], list[str]] = {}
    for kind, one in pairs:
        if kind == "table":
            tables[one["family"], one["name"]] = one
        elif kind == "rule":
            rules.setdefault((one["family"], one["table"], one["chain"]), []).append(_rule(one))
    lines: list[str] = []
    for (family, name), table in tables.items():
        lines.append(f'table {family} "{name}" {{')
        lines += [f"flags {flag}" for flag in _listed(table.get("flags"))]
        for kind, one in pairs:
            if (one.get("family"), one.get("table")) == (family, name) and kind in _DECLARED:
                lines += [f'{kind} "{one["name"]}" {{', *_DECLARED[kind](one)]
                lines += rules.pop((family, name, one["name"]), []) if kind == "chain" else []
                lines.append("}")
        lines.append("}")
    if rules:
        raise Unexpected(f"{who}: rules of a chain that is not in the answer: {min(rules)}")
    return "\n".join(lines)


def _rule(rule: dict[str, Any]) -> str:
    words = [_statement(one) for one in rule.get("expr", [])]
    return " ".join([*words, f'comment "{rule["comment"]}"' if rule.get("comment") else ""])


def _declared_chain(one: dict[str, Any]) -> Iterator[str]:
    if "hook" in one:
        yield f"type {one['type']} hook {one['hook']} priority {one.get('prio', 0)}"
        yield f"policy {one.get('policy', 'accept')}"


def _declared_set(one: dict[str, Any]) -> Iterator[str]:
    if flags := _listed(one.get("flags")):
        yield "flags " + ",".join(flags)
    if elements := one.get("elem"):
        yield f"elements = {_set(elements)}"


def _declared_counter(one: dict[str, Any]) -> Iterator[str]:
    yield f"packets {one['packets']} bytes {one['bytes']}"


_DECLARED: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "chain": _declared_chain,
    "set": _declared_set,
    "map": _declared_set,
    "counter": _declared_counter,
}


def _statement(one: Any) -> str:
    if isinstance(one, str):
        return one
    [(kind, said)] = one.items()
    return _STATEMENTS[kind](said) if kind in _STATEMENTS else _other(kind, said)


def _match(said: dict[str, Any]) -> str:
    sign = "" if said["op"] in ("==", "in") else f"{said['op']} "
    return f"{_value(said['left'])} {sign}{_value(said['right'])}"


def _counter(said: Any) -> str:
    if isinstance(said, dict):
        return f"counter packets {said['packets']} bytes {said['bytes']}"
    return f'counter name "{said}"' if said else "counter"


def _log(said: dict[str, Any] | None) -> str:
    parts = [
        f'{name} "{value}"' if name == "prefix" else f"{name} {flag}"
        for name, value in (said or {}).items()
        for flag in (_listed(value) if name == "flags" else [value])
    ]
    return " ".join(["log", *parts])


def _limit(said: Any) -> str:
    if not isinstance(said, dict):
        return f"limit name {_value(said)}"
    over = "over " if said.get("inv") else ""
    size = f" {said['rate_unit']}" if "rate_unit" in said else ""
    told = said.get("burst", 5)  # of packets, 5 is what nft's text leaves out
    burst = "" if size or told == 5 else f" burst {told} packets"
    return f"limit rate {over}{said['rate']}{size}/{said.get('per', 'second')}{burst}"


def _nat(kind: str) -> Callable[[Any], str]:
    def render(said: dict[str, Any] | None) -> str:
        said = said or {}
        address = _value(said["addr"]) if "addr" in said else ""
        port = f":{_value(said['port'])}" if "port" in said else ""
        family = f" {said['family']}" if "family" in said else ""
        return f"{kind}{family} to {address}{port}" if address or port else kind

    return render


def _target(kind: str) -> Callable[[Any], str]:
    return lambda said: f"{kind} {said['target']}"


def _plain(kind: str) -> Callable[[Any], str]:
    return lambda said: kind


def _change(said: dict[str, Any]) -> str:
    return f"{said['op']} {said['set']} {{ {_value(said['elem'])} }}"


_STATEMENTS: dict[str, Callable[[Any], str]] = {
    "match": _match,
    "counter": _counter,
    "log": _log,
    "limit": _limit,
    "reject": _plain("reject"),
    "set": _change,
    "flow": lambda said: f"flow {said['op']} {said['flowtable']}",
    "mangle": lambda said: f"{_value(said['key'])} set {_value(said['value'])}",
    "vmap": lambda said: f"{_value(said['key'])} vmap {_value(said['data'])}",
    "xt": lambda said: f'xt {said.get("type")} "{said.get("name")}"' if said else "xt",
    **{kind: _plain(kind) for kind in ("accept", "drop", "continue", "return", "notrack")},
    **{kind: _target(kind) for kind in ("jump", "goto")},
    **{kind: _nat(kind) for kind in ("snat", "dnat", "masquerade", "redirect", "tproxy")},
}


def _value(one: Any) -> str:
    if isinstance(one, list):
        return ",".join(_value(part) for part in one)
    if not isinstance(one, dict):
        return str(one)
    [(kind, said)] = list(one.items())[:1]
    return _VALUES[kind](said) if kind in _VALUES else _statement(one)


def _set(elements: Any) -> str:
    shown = [
        " : ".join(map(_value, one)) if isinstance(one, list) else _value(one)
        for one in _listed(elements)
    ]
    return "{ " + ", ".join(shown) + " }"


def _payload(said: dict[str, Any]) -> str:
    if "base" in said:
        return f"@{said['base']},{said['offset']},{said['len']}"
    return f"{said['protocol']} {said['field']}"


def _key(name: str) -> Callable[[Any], str]:
    def render(said: dict[str, Any]) -> str:
        parts = (name, said.get("dir"), said.get("family"), said.get("key"), said.get("field"))
        return " ".join(str(part) for part in parts if part)

    return render


def _calculated(sign: str) -> Callable[[Any], str]:
    return lambda said: f" {sign} ".join(_value(part) for part in said)


_BARE = ("iif", "oif", "iifname", "oifname", "iifgroup", "oifgroup")
_VALUES: dict[str, Callable[[Any], str]] = {
    "payload": _payload,
    "meta": lambda said: said["key"] if said["key"] in _BARE else f"meta {said['key']}",
    "ct": _key("ct"),
    "exthdr": lambda said: f"{said['name']} {said.get('field', 'exists')}",
    "tcp option": lambda said: f"tcp option {said.get('name')} {said.get('field', 'exists')}",
    "fib": lambda said: f"fib {' . '.join(_listed(said['flags']))} {said['result']}",
    "rt": _key("rt"),
    "prefix": lambda said: f"{said['addr']}/{said['len']}",
    "range": lambda said: "-".join(_value(part) for part in said),
    "concat": lambda said: " . ".join(_value(part) for part in said),
    "set": _set,
    "map": lambda said: f"{_value(said['key'])} map {_value(said['data'])}",
    "elem": lambda said: _value(said["val"]),
    **{sign: _calculated(sign) for sign in ("&", "|", "^", "<<", ">>")},
}


def _other(kind: str, said: Any) -> str:
    return kind if said is None else f"{kind} {json.dumps(said, sort_keys=True)}"


def _listed(said: Any) -> list[Any]:
    return [] if said is None else said if isinstance(said, list) else [said]
