"""What may be claimed of a simulated world, and what must be, judged from what really happened."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from evidence.clock import window_start
from evidence.usage import Assumption, UsageProof
from tests.simulated_firewalls import END, Box, Poll, World

# --- what may not be claimed ---


# What NTP leaves of our own clocks' error, on both sides of a span.
OUR_ERROR_S = 30


def unstated_traffic(world: World, proof: UsageProof) -> list[tuple[str, datetime]]:
    """Real hits in the window that lie in no stated gap of their unit."""
    error = timedelta(seconds=OUR_ERROR_S)
    return [
        (box.name, at)
        for box in world.boxes.values()
        for at in (datetime.fromtimestamp(hit, UTC) for hit in box.hits.get(proof.key, ()))
        if proof.window_start + error < at <= proof.window_end - error
        and not any(
            box.name in gap.unit  # its name, or in its serial
            and gap.from_at - error < at <= gap.to_at + error
            for gap in proof.gaps
        )
    ]


def vouched(world: World, box: Box) -> list[Poll]:
    """The polls whose time the agent had no reason to doubt, as far as it knows in the end."""
    told = [one.clock_set_at for other in world.boxes.values() for one in other.readings]
    set_at = max((int(at.timestamp()) for at in told if at is not None), default=0)
    return [poll for poll in box.polls if poll.founding and poll.at + poll.off_s > set_at]


def deceived(world: World) -> bool:
    """Whether an agent's clock was wrong, and nothing it could know of said so."""
    return any(
        abs(poll.off_s) > OUR_ERROR_S
        for box in world.boxes.values()
        for poll in vouched(world, box)
    )


def traffic(world: World, proof: UsageProof) -> bool:
    """Whether any hit of the rule really fell in the window."""
    start, end = (int(at.timestamp()) for at in (proof.window_start, proof.window_end))
    return any(
        start - OUR_ERROR_S < hit <= end + OUR_ERROR_S
        for box in world.boxes.values()
        for hit in box.hits.get(proof.key, ())
    )


def broken(world: World) -> Assumption:
    """The assumptions that do not hold in this world: what the examiner cannot know."""
    found = Assumption(0)
    for box in world.boxes.values():
        polls = vouched(world, box)
        for before, after in pairwise(polls):
            found |= _broken_between(world, box, before, after)
        first_at = polls[0].at if polls else 0
        if any(what in ("single", "gone") and at <= first_at for at, what, _ in box.happened):
            found |= Assumption.no_single_reset
        edits = any(what == "edit" and at <= first_at for at, what, _ in box.happened)
        if edits and len(polls) < len(box.polls) and not world.platform.tells_changes:
            found |= Assumption.match_unchanged_before
    if world.hidden_sessions or _was_set(world):
        found |= Assumption.no_older_sessions
    if world.edited_unseen:
        found |= Assumption.match_unchanged_before
    return found


def _was_set(world: World) -> bool:
    """Whether readings with open sessions may have been dated by another course of our clock."""
    return any(one.clock_set_at for box in world.boxes.values() for one in box.readings)


def _broken_between(world: World, box: Box, before: Poll, after: Poll) -> Assumption:
    found = Assumption(0)
    events = [one for one in box.happened if before.at < one[0] <= after.at]
    restarts = [at for at, what, _ in events if what in ("reboot", "rma")]
    both = before.counts.keys() & after.counts.keys()
    for at, what, whom in events:
        unsaid = _is_unsaid(world, what)
        if what == "clear" or unsaid:
            hit = [one for one in both if unsaid or world.domains[one[0]] == whom]
            for domain in {domain or key for key, _, domain in hit}:
                group = [one for one in hit if (one[2] or one[0]) == domain]
                stood = any(before.counts[one] > 0 for one in group)
                if stood and all(after.counts[one] >= before.counts[one] for one in group):
                    found |= Assumption.clear_shows
        if what == "clear" and any(restart <= at for restart in restarts):
            found |= Assumption.no_clear_after_restart
        if what in ("single", "gone"):
            alone = [one for one in both if one[0] == whom]
            if restarts or all(after.counts[one] >= before.counts[one] for one in alone):
                found |= Assumption.no_single_reset
    roles = sum(what == "role" for _, what, _ in events)
    still = all(after.counts[one] == before.counts[one] for one in both)
    if before.role == "standby" and (roles > 2 or (roles == 2 and still)):
        found |= Assumption.standby_stays
    return found


def _is_unsaid(world: World, what: str) -> bool:
    """Whether all counters were zeroed by something the unit does not tell: a clear like any."""
    platform = world.platform
    if what == "reboot":
        return not (platform.tells_boot or platform.persistent)
    # What says that its counters outlive a restart speaks of the same hardware.
    outlives = platform.persistent and platform.says_persistent
    return what == "rma" and not platform.tells_serial and (outlives or not platform.tells_boot)


# --- what must be claimed ---


def calm_rules(world: World, max_gap_s: int) -> list[str]:
    """Rules that must be proven, judged from what really happened and not from the counters.

    No hit since the poll before the window; nothing edited; every span between polls in which
    anything happened to counters or roles is counted as unseen, and all of it together is
    within bounds; in every other span something stood in the rule's domain, and the unit
    counted on later.
    """
    boxes = {name: replace(box, polls=vouched(world, box)) for name, box in world.boxes.items()}
    polls = [poll.at for box in boxes.values() for poll in box.polls]
    if not polls:
        return []
    end = max(polls)
    if END - end > max_gap_s:
        return []  # by then too old to speak for the present
    start = int(window_start(datetime.fromtimestamp(end, UTC), 1).timestamp())
    calm = _Calm(world, boxes, start, end, max_gap_s)
    return [key for key in world.domains if calm.unseen_s(key) <= max_gap_s]


class _Calm:
    """The spans of a world in which nothing is asked of counters."""

    def __init__(
        self, world: World, boxes: dict[str, Box], start: int, end: int, max_gap_s: int
    ) -> None:
        self.world, self.boxes = world, boxes
        self.start, self.end, self.never = start, end, max_gap_s + 1
        self.last_shown = {name: _last_shown(box) for name, box in boxes.items()}

    def unseen_s(self, key: str) -> int:
        unseen: set[tuple[int, int]] = set()
        for box in self.boxes.values():
            held = (
                key in box.rules and box.polls and any(key == one[0] for one in box.polls[0].counts)
            )
            if not held or box.polls[0].at > self.start:
                return self.never
            last_before = max(poll.at for poll in box.polls if poll.at <= self.start)
            if any(hit > last_before for hit in box.hits.get(key, ())):
                return self.never
            if self._begins_late(box, last_before):
                return self.never
            unseen |= self._troubled(box, key, last_before)
        return sum(min(to, self.end) - max(since, self.start) for since, to in unseen)

    def _begins_late(self, box: Box, last_before: int) -> bool:
        """Whether a unit of its own took its place around the window's begin, unread until then."""
        first_after = min((poll.at for poll in box.polls if poll.at > self.start), default=self.end)
        return self.world.platform.named_by_serial and any(
            what == "rma" and last_before < at <= first_after for at, what, _ in box.happened
        )

    def _troubled(self, box: Box, key: str, since: int) -> set[tuple[int, int]]:
        """Spans between polls that no counter is asked to speak for, and the time after all."""
        world = self.world
        spans = {(box.polls[-1].at, self.end)}
        times = sorted(at for at, _, _ in box.happened)
        for before, after in pairwise(box.polls):
            if after.at <= since:
                continue
            # A boot so shortly before a poll cannot be told from one after it.
            eventful = bisect_left(times, before.at - 199) < bisect_right(times, after.at)
            stands = any(
                count > 0 and domain == world.domains[key] != ""
                for (_, _, domain), count in before.counts.items()
            )
            counts_on = self._last_shown_by(box, after.at) > before.at
            standby = before.role == after.role == "standby" and world.paired
            if eventful or not (standby or (stands and counts_on)):
                spans.add((before.at, after.at))
        return spans

    def _last_shown_by(self, box: Box, at: int) -> int:
        """When the last hit fell that the hardware in place at `at` shows to have counted."""
        return next(last for until, last in self.last_shown[box.name] if at <= until)


def _last_shown(box: Box) -> list[tuple[float, int]]:
    """Until when each piece of hardware was in place, and its last hit that a poll has seen."""
    polls = [poll.at for poll in box.polls]
    happened = sorted(at for at, _, _ in box.happened)
    hits = sorted(hit for of_rule in box.hits.values() for hit in of_rule)
    shown = [hit for hit in hits if _is_shown(polls, happened, hit)]
    exchanged = [at for at, what, _ in sorted(box.happened) if what == "rma"]
    return [
        (until, max((hit for hit in shown if hit <= until), default=0))
        for until in (*exchanged, float("inf"))
    ]


def _is_shown(polls: list[int], happened: list[int], hit: int) -> bool:
    """Whether the next poll saw the hit: nothing zeroed the counter in between."""
    place = bisect_left(polls, hit)
    return place < len(polls) and bisect_left(happened, hit) == bisect_right(happened, polls[place])
