"""The commands, one module a purpose."""

from __future__ import annotations

import typer

from agent.cli import completion
from agent.cli.commands import (
    access,
    collecting,
    crypto,
    deciding,
    history,
    inventory,
    judging,
    lifecycle,
    reading,
    remote,
    rules,
    setup,
    stock,
    wireless,
)


def register(app: typer.Typer) -> None:
    """Put every command under its name, in the order a newcomer meets them."""
    app.command()(setup.init)
    app.command()(setup.enrol)
    app.command()(setup.doctor)
    app.command()(inventory.devices)
    app.command()(inventory.asks)
    app.command()(collecting.collect)
    app.command()(history.changes)
    app.command("import")(history.import_)
    app.command()(judging.assess)
    app.command()(judging.findings)
    app.command()(remote.rdp)
    app.command()(wireless.wireless)
    app.command()(access.remote_access)
    app.command()(crypto.crypto)
    app.add_typer(rules.rules, name="rules")
    app.command()(stock.inventory)
    app.add_typer(lifecycle.lifecycle, name="lifecycle")
    app.command()(deciding.decide)
    app.command()(judging.pack)
    app.command()(collecting.push)
    app.command()(judging.verify)
    app.command()(reading.read)
    app.command()(collecting.run)
    app.command()(completion.completion)
    app.add_typer(setup.hostkey, name="hostkey")
    app.add_typer(collecting.ledger, name="ledger")
