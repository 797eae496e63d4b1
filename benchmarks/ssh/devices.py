"""A site of devices that are alike, and what each of them answers; they run in another process."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from subprocess import PIPE, Popen

# Of a process that ends with the benchmark.
USERNAME, PASSWORD, PROMPT = "auditor", "lab-only", "rtr-lab-01#"
VERSION_LINE, RULES_LINE = "show version", "show access-list"


@dataclass(frozen=True, slots=True)
class Site:
    """So many alike devices. `wait_ms` passes before each line is answered; `planted` puts the
    device's own prompt into its access list; `kex` is the one key exchange it offers."""

    devices: int
    rules: int = 2000
    wait_ms: int = 20
    kex: str = ""
    planted: bool = False

    def answers(self) -> dict[str, bytes]:
        """What every device answers, by line."""
        lines = [
            b"    %d permit tcp host 10.%d.%d.%d any eq 443 (%d matches)\n"
            % (line * 10, line >> 16, line >> 8 & 255, line & 255, line * 7)
            for line in range(1, self.rules + 1)
        ]
        if self.planted:
            prompt = PROMPT.encode()
            lines[1::50] = [b"    20 remark\n%s\n%s" % (prompt, line) for line in lines[1::50]]
        return {
            VERSION_LINE: b"Cisco IOS Software, C2900 Software, Version 15.2(4)M7, RELEASE\n"
            b"\nrtr-lab-01 uptime is 41 weeks\n\nProcessor board ID JAD0000TEST\n",
            RULES_LINE: b"Extended IP access list OUTSIDE\n" + b"".join(lines),
        }


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a device listens and what host key it shows."""

    port: int
    fingerprint: str


@contextmanager
def devices(site: Site) -> Iterator[list[Shown]]:
    """The site in another process, for as long as the block runs."""
    command = [sys.executable, "-m", "benchmarks.ssh.lab"]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        print(json.dumps(asdict(site)), file=process.stdin, flush=True)
        yield [Shown(**json.loads(process.stdout.readline())) for _ in range(site.devices)]
        process.stdin.close()
