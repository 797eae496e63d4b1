"""One file per question, whose yes is good."""

from checks._run import known_checks, run_checks

__all__ = ["known_checks", "run_checks"]
