"""`python -m benchmarks.ssh.lab` with a `Site` as JSON on its input: devices, until that ends.

A process of its own, so that its work is not counted as the reader's. Prints a JSON line a
device: its port and the fingerprint of its host key.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict

from benchmarks.ssh.devices import PASSWORD, PROMPT, USERNAME, Shown, Site
from evidence.tape import Tape, TapeAnswer
from lab.devices import Mischief
from lab.devices.ssh import Account, LabSsh
from lab.devices.terminal import Terminal

_TERMINAL = Terminal(
    prompt=PROMPT,
    pager=" --More-- ",
    pager_off="terminal length 0",
    quiet=("terminal width 511",),
)


def main() -> None:
    site = Site(**json.loads(sys.stdin.readline()))
    tape = Tape("ios", tuple(TapeAnswer(line, body) for line, body in site.answers().items()))
    account, mischief = Account(USERNAME, PASSWORD), Mischief(wait_s=site.wait_ms / 1000)
    kex = (site.kex,) if site.kex else ()
    with ExitStack() as stack:
        for _ in range(site.devices):
            lab = stack.enter_context(LabSsh(tape, account, _TERMINAL, mischief, kex=kex))
            print(json.dumps(asdict(Shown(lab.port, lab.fingerprint))), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
