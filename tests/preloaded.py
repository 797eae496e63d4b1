"""What the server process of `fixtures_program` has imported before its first child."""

from agent.cli import commands
from agent.platforms import platforms

__all__ = ["commands"]

platforms()
