"""The month's pack as a download: what an auditor takes away."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from store.console.guard import Call, Console
from store.console.pages import month_of
from store.pack import make_pack


def pack(console: Console, call: Call) -> Response:
    """Bind the month and give the file. It takes seconds, so it is asked for by a button."""
    values = month_of(console, call)
    # Beside what comes in: on the store's own disk, and swept when it starts.
    folder = Path(mkdtemp(dir=console.custody.files.incoming, prefix="pack-"))
    try:
        agent, period = values["agent"], values["period"]
        path, _ = make_pack(console.custody, agent, period, folder, console.clock(), call.language)
        console.people.note(call.login.known.account, "pack", f"{agent} {period}", call.address)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    done = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    return FileResponse(path, media_type="application/zip", filename=path.name, background=done)
