"""`python -m benchmarks.lab_devices COUNT RULES PACE`: ASA-like devices, until stdin ends.

A process of its own, so that its work is not counted as the reader's. PACE is bytes a second,
0 for as fast as it goes. Prints one JSON line a
device: its port and the fingerprint of its host key.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from subprocess import PIPE, Popen

from evidence.tape import Tape, TapeAnswer
from lab.devices import Mischief
from lab.devices.ssh import Account, LabSsh
from lab.devices.terminal import Terminal

# Devices and password of a process that ends with the benchmark.
USERNAME, PASSWORD, SECOND = "auditor", "lab-only", "lab-only-too"
TERMINAL = Terminal(user_prompt="asa-lab-01> ", quiet=("terminal pager 0", "show curpriv"))
VERSION_LINE, RULES_LINE, TRICKY_LINE = "show version", "show access-list", "show access-list brief"


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a device listens and what host key it shows."""

    port: int
    fingerprint: str


def answers(rules: int) -> dict[str, bytes]:
    """What every device answers, by line. The tricky one holds the device's own prompt."""
    listed = b"".join(
        b"access-list OUTSIDE line %d extended permit tcp host 10.%d.%d.%d any eq https"
        b" (hitcnt=%d) 0x%08x\n" % (line, line >> 16, line >> 8 & 255, line & 255, line * 7, line)
        for line in range(1, rules + 1)
    )
    remark = TERMINAL.prompt.encode()
    tricky = listed.replace(b"line 2 extended", b"line 2 remark\n" + remark + b"\nextended", 1)
    return {
        VERSION_LINE: b"Cisco Adaptive Security Appliance Software Version 9.16(4)57\n"
        b"\nasa-lab-01 up 41 days 3 hours\n\nSerial Number: JAD0000TEST\n",
        RULES_LINE: listed,
        TRICKY_LINE: tricky,
    }


@contextmanager
def devices(count: int, rules: int, bytes_per_s: int = 0) -> Iterator[list[Shown]]:
    """So many devices in another process, for as long as the block runs."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.lab_devices",
        *map(str, (count, rules, bytes_per_s)),
    ]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        yield [Shown(**json.loads(process.stdout.readline())) for _ in range(count)]
        process.stdin.close()


def main() -> None:
    count, rules, pace = (int(word) for word in sys.argv[1:])
    tape = Tape("asa", tuple(TapeAnswer(line, body) for line, body in answers(rules).items()))
    account = Account(USERNAME, PASSWORD, second=SECOND)
    with ExitStack() as stack:
        for _ in range(count):
            mischief = Mischief(bytes_per_s=pace or None)
            device = stack.enter_context(LabSsh(tape, account, TERMINAL, mischief))
            shown = {"port": device.port, "fingerprint": device.fingerprint}
            print(json.dumps(shown), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
