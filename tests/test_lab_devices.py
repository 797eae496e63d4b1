"""The lab's devices say what their tape says, and write down what they hear."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agent.transports.https import open_https
from agent.transports.ssh import open_ssh
from evidence.tape import Tape, TapeAnswer
from lab.devices import Mischief, Player
from lab.devices.https import LabHttps
from lab.devices.ssh import LabSsh
from tests import toy


def test_an_ask_is_answered_in_order_and_the_last_answer_stays() -> None:
    tape = Tape("toy", (TapeAnswer("a", b"1"), TapeAnswer("b", b"2"), TapeAnswer("a", b"3")))
    player = Player(tape)
    given = [answer.body for ask in "aaba" if (answer := player.answer(ask))]
    assert given == [b"1", b"3", b"2", b"3"]
    assert player.answer("c") is None


def test_requests_are_written_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "heard"
    with LabHttps(toy.TAPE, toy.TOKEN, log=log) as lab:
        one = toy.device(lab.port, options={"tls_fingerprint": lab.fingerprint})
        way = open_https(one, toy.CREDENTIAL, toy.platform())
        way.ask(toy.STATUS)
        way.close()
    assert log.read_text() == f"{toy.STATUS.text}\n"


def test_many_sessions_at_once_get_every_answer_right(
    drill_count: Callable[[int, int], int],
) -> None:
    """Under load, reads split anywhere; answers hold the prompt; none may be cut or swapped."""
    chance = random.Random(7)
    remarks = [b"asa-lab-01# ", b"remark asa-lab-01#", b"", b"<--- More --->", b"!0123"]
    body = b"".join(chance.choice(remarks) + b" %d\n" % n for n in range(3000))
    tape = Tape("toy", (TapeAnswer("show access-list", body), toy.TAPE.answers[0]))
    rules = body.replace(b"\n", b"\r\n")
    version = toy.TAPE.answers[0].body.replace(b"\n", b"\r\n")

    with LabSsh(tape, toy.ACCOUNT, toy.TERMINAL, Mischief(split_bytes=1009)) as lab:

        def session(_: int) -> bool:
            way = open_ssh(
                toy.device(lab.port),
                toy.CREDENTIAL,
                toy.platform(session=toy.SESSION),
                {lab.fingerprint},
            )
            right = way.ask(toy.RULES).body == rules and way.ask(toy.VERSION).body == version
            way.close()
            return right

        sessions = drill_count(16, 400)
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(session, range(sessions))) == [True] * sessions
