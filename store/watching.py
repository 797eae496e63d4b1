"""`evidence-store witness`: internal audit's part, on internal audit's machine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from evidence.errors import ConfigurationError, EnvironmentProblem
from evidence.seal import PublicKey
from store.clock import system_clock
from store.witness import Witness, make_witness

EVERY_S = 60.0
app = typer.Typer(no_args_is_help=True, help="Watches a store's log from another machine.")
Folder = Annotated[Path, typer.Option(help="The witness's own folder.")]


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="What it is called, like a host name.")],
    folder: Folder,
) -> None:
    """Make a witness. Its public key goes into the store's settings."""
    key = make_witness(folder, name)
    print(f"{name} has the key {key.keyid}")
    print(f"in the store's settings: witnesses: {{{name}: FILE}}, a copy of witness.pub.pem")


@app.command()
def run(
    url: Annotated[str, typer.Argument(help="The store's address.")],
    folder: Folder,
    store_key: Annotated[Path, typer.Option(help="The store's public key, got by hand (PEM).")],
    ca: Annotated[Path | None, typer.Option(help="The CA of the store's certificate.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
) -> None:
    """Look at the log each minute and sign what only grew. Exit 1 when it did not."""
    try:
        public = PublicKey.of_pem(store_key.read_bytes(), str(store_key))
    except OSError as error:
        raise ConfigurationError(f"{store_key}: {error.strerror}", code="key_missing") from None
    witness = Witness(folder, url, public, system_clock, None if ca is None else str(ca))
    while True:
        try:
            seen = witness.look()
            print(f"{seen.size} entries, seen and signed", flush=True)
        except EnvironmentProblem as error:
            if once:
                raise
            print(f"evidence-store: {error}", flush=True)
        if once:
            return
        time.sleep(EVERY_S)
