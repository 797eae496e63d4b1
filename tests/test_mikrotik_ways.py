"""A router is asked by its one way: by REST no line of the command line, by SSH no request."""

import pytest

from collectors import mikrotik
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import NotAnswered


def asked(transport: str, code: str) -> list[Ask]:
    """Everything asked of a router that answers nothing, until the reading gives up."""
    flow = mikrotik.firewall(Device(id="router", platform="mikrotik", transport=transport))
    sent = [next(flow)]
    with pytest.raises(NotAnswered):
        while True:
            sent.append(flow.throw(NotAnswered("no answer", code=code)))
    return sent


@pytest.mark.parametrize(("transport", "kind"), [("https", "http"), ("ssh", "command")])
def test_a_router_is_asked_by_its_one_way(transport: str, kind: str) -> None:
    sent = asked(transport, "ask_refused")
    assert {one.kind for one in sent} == {kind}
    wanted = mikrotik.MENUS["ip", "filter"]
    assert sent[-1] == (wanted.rest if kind == "http" else wanted.line)


def test_a_menu_that_the_account_may_not_read_is_the_last_that_is_asked() -> None:
    assert len(asked("https", "privilege_missing")) == 1
