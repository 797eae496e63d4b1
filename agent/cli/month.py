"""The month a command speaks of, judged as the configuration says."""

from __future__ import annotations

from agent.assess import judge
from agent.config import Config
from agent.wired import agent_of, system_clock
from evidence.clock import period_of
from evidence.judged import Judged


def judged_month(settings: Config, period: str | None) -> Judged:
    """The month of that name, or the one we are in. Nothing is signed."""
    now = system_clock()
    with agent_of(settings) as agent:
        return judge(settings, agent, period or period_of(now), now)
