"""Deadlines: each ends at its time and once, whatever the others do."""

from threading import Event

from agent.transports.deadline import Deadline

SOON_S, NEVER_S, AT_MOST_S = 0.05, 300, 10


def test_a_short_deadline_ends_while_a_longer_one_waits() -> None:
    over = Event()
    with Deadline(NEVER_S, over.set) as longer, Deadline(SOON_S, over.set) as shorter:
        assert over.wait(AT_MOST_S)
    assert (longer.passed, shorter.passed) == (False, True)


def test_a_block_that_was_left_in_time_is_never_cut() -> None:
    cut, later = Event(), Event()
    with Deadline(SOON_S, cut.set) as left:
        pass
    with Deadline(2 * SOON_S, later.set):
        assert later.wait(AT_MOST_S)
    assert not cut.is_set()
    assert not left.passed


def test_a_cut_that_does_not_return_holds_no_other_up() -> None:
    release, over = Event(), Event()
    with Deadline(SOON_S, release.wait), Deadline(2 * SOON_S, over.set):
        assert over.wait(AT_MOST_S)
        release.set()


def test_a_cut_is_told_before_it_happens() -> None:
    """What waits on the connection returns with the cut, and then asks why."""
    seen: list[bool] = []
    over = Event()

    def cut() -> None:
        seen.append(deadline.passed)
        over.set()

    with Deadline(SOON_S, cut) as deadline:
        assert over.wait(AT_MOST_S)
    assert seen == [True]
