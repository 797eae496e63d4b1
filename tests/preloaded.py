"""What the server process of `fixtures_program` has imported before its first child."""

import gc

from typer import Typer

import store.cli
import tests.fixtures_program
from agent.cli import commands
from agent.platforms import platforms

__all__ = ["store", "tests"]

commands.register(Typer())
platforms()
# A child that ends soon need not look through all of it, nor copy it.
gc.freeze()
