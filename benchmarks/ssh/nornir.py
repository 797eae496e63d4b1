"""`python -m benchmarks.ssh.nornir`: a reader that is nornir with netmiko, as their manuals show.

Runs where nornir is installed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from benchmarks.ssh.devices import PASSWORD, USERNAME, Shown
from benchmarks.ssh.reader import serve


def _read(shown: Sequence[Shown], workers: int, answers: Mapping[str, bytes]) -> int:
    core, inventory, runners = (
        import_module(f"nornir.{name}") for name in ("core", "core.inventory", "plugins.runners")
    )
    hosts = {
        f"rtr-{one.port}": inventory.Host(
            f"rtr-{one.port}",
            hostname="127.0.0.1",
            port=one.port,
            username=USERNAME,
            password=PASSWORD,
            platform="cisco_ios",
        )
        for one in shown
    }
    nornir = core.Nornir(
        inventory=inventory.Inventory(hosts=inventory.Hosts(hosts)),
        runner=runners.ThreadedRunner(num_workers=workers),
    )
    outcome = nornir.run(_task, answers=answers)
    return sum(len(answers) if one.failed else one[0].result for one in outcome.values())


def _task(task: Any, answers: Mapping[str, bytes]) -> int:
    """How many answers are wrong. It takes the last line's end away; every answer has one."""
    send = import_module("nornir_netmiko").netmiko_send_command
    given = {line: task.run(send, command_string=line).result.encode() + b"\n" for line in answers}
    task.host.close_connections()
    return sum(given[line] != body for line, body in answers.items())


def main() -> None:
    connections = import_module("nornir.core.plugins.connections").ConnectionPluginRegister
    connections.register("netmiko", import_module("nornir_netmiko").Netmiko)
    serve(_read)


if __name__ == "__main__":
    main()
