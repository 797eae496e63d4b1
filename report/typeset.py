"""HTML to PDF in a process of its own: `python -m report.typeset IDENTIFIER < HTML > PDF`.

Fonts and pages take some two hundred megabytes, which a process that goes on would keep.
"""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
from typing import Any

from evidence.errors import EnvironmentProblem

_NO_TYPESETTER = 3


def typeset(html: str, identifier: str) -> bytes:
    """The pages as PDF; the same bytes for the same HTML and identifier.

    Raises EnvironmentProblem `env_pdf` where the machine cannot set type.
    """
    _give_back()
    # -P: a folder named `report` where the program was started is not this one.
    command = [sys.executable, "-P", "-m", __name__, identifier]
    done = subprocess.run(command, input=html.encode("utf-8"), capture_output=True)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = said[-1] if said else f"the process ended with {done.returncode}"
        raise EnvironmentProblem(
            f"no PDF can be made on this machine: {why}",
            code="env_pdf",
            next_step="install libpango-1.0-0, libpangoft2-1.0-0 and fonts-noto-cjk",
        )
    return done.stdout


def _give_back() -> None:
    """Return freed memory to the machine: glibc keeps what lies between blocks still in use, a
    quarter of a large month's. Where the C library has no such function, nothing is done."""
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if give_back is not None:
        give_back(0)


def main(identifier: str) -> int:
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        print(error, file=sys.stderr)
        return _NO_TYPESETTER
    # Nothing is fetched: a page from devices' words must not reach out.
    source = HTML(string=sys.stdin.buffer.read().decode("utf-8"), url_fetcher=_fetch_nothing)
    pages = source.render(full_fonts=False)
    # The elements and what laying them out left: a tenth of the most that is ever held.
    del source
    gc.collect()
    pages.write_pdf(sys.stdout.buffer, pdf_identifier=identifier.encode(), full_fonts=False)
    return 0


def _fetch_nothing(url: str, *_: Any, **__: Any) -> dict[str, Any]:
    raise ValueError(f"{url} is not fetched")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
