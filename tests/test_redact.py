"""Redaction: declared secrets become digests in place, and what slips by fails the capture."""

from __future__ import annotations

import json
from contextlib import suppress
from time import process_time

import pytest

from agent.redact import MARK, SiteKey, redact
from evidence.ask import Ask, Secret
from evidence.errors import VisitError

KEY = SiteKey(b"k" * 32)


def ask(*secrets: Secret) -> Ask:
    return Ask("show", "show something", secrets=secrets)


def test_only_the_secret_changes_in_a_text() -> None:
    body = b"snmp-server community S3cret ro\nhostname fw\n"
    found = redact(ask(Secret("regex", r"community (?P<secret>\S+)")), body, KEY)
    assert found == f"snmp-server community {KEY.replace('S3cret')} ro\nhostname fw\n".encode()


def test_json_keeps_every_other_byte() -> None:
    body = b'{ "results" : [ {"name":"a", "psk" : "S3c\\"ret"},\r\n {"name":"psk","psk":""} ] }'
    found = redact(ask(Secret("json", "results[].psk")), body, KEY)
    assert json.loads(found)["results"][0]["psk"] == KEY.replace('S3c"ret')
    assert found.replace(json.dumps(KEY.replace('S3c"ret')).encode(), b'"S3c\\"ret"') == body


def test_a_key_at_any_depth() -> None:
    body = b'{"a":{"b":[{"wep_key":"k1"},{"c":{"wep_key":"k1"}}]}}'
    found = redact(ask(Secret("json", "**.wep_key")), body, KEY)
    assert b"k1" not in found
    assert found.count(KEY.replace("k1").encode()) == 2


@pytest.mark.parametrize("where", ["**.psk", "results[].psk", "**.results[].psk"])
def test_what_lies_below_a_secret_key_is_secret(where: str) -> None:
    body = b'{"results":[{"psk":["k1",["k1"]],"name":"k2"},{"psk":{"value":"k1"}}]}'
    found = redact(ask(Secret("json", where)), body, KEY)
    assert b"k1" not in found and b'"name":"k2"' in found
    assert found.count(KEY.replace("k1").encode()) == 3


def test_a_table_under_a_secret_name_is_told_by_its_columns() -> None:
    """FortiOS 6.2 calls the table of users' keys `mpsk-key`: their names are no secret."""
    body = b'{"mpsk-key":[{"key-name":"lin","passphrase":"k1"}]}'
    found = redact(ask(Secret("json", "**.mpsk-key"), Secret("json", "**.passphrase")), body, KEY)
    assert json.loads(found) == {"mpsk-key": [{"key-name": "lin", "passphrase": KEY.replace("k1")}]}


def test_a_subtree_of_oids() -> None:
    body = b"1.3.6.1.2.1.1.5.0|4|fw\n1.3.6.1.4.1.9.9.1.1|4|public\n"
    found = redact(ask(Secret("oid", "1.3.6.1.4.1.9.9.1")), body, KEY)
    assert b"public" not in found and b"1.3.6.1.2.1.1.5.0|4|fw\n" in found


def test_equal_secrets_stay_visible_as_equal_and_only_under_one_key() -> None:
    assert KEY.replace("a") == KEY.replace("a") != KEY.replace("b")
    assert SiteKey(b"other" * 8).replace("a") != KEY.replace("a")
    assert KEY.replace(KEY.replace("a")) == KEY.replace("a")
    assert KEY.replace("a").startswith(MARK + KEY.id)


@pytest.mark.parametrize(
    "body",
    [
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nabc",
        b"enable secret 5 $1$abcd$0123456789abcdefghijkl",
        b"set psksecret ENC c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
        b'{"passphrase": "correct horse"}',
        b"wpa_passphrase=correct horse\n",
    ],
)
def test_an_undeclared_secret_fails_the_capture(body: bytes) -> None:
    with pytest.raises(VisitError) as raised:
        redact(ask(), body, KEY)
    assert raised.value.code == "secret_left"
    assert "correct horse" not in str(raised.value)


@pytest.mark.parametrize("cut", range(len(b'{"psk": "one, two \\"three\\" canary')))
def test_what_is_left_of_a_cut_off_secret_is_a_secret(cut: int) -> None:
    body = b'{"psk": "one, two \\"three\\" canary'[:cut]
    found = redact(ask(Secret("json", "psk")), body, KEY)
    assert not any(word in found for word in (b"one", b"two", b"three", b"canary"))


@pytest.mark.parametrize("lead", ["", '"', "{"])
@pytest.mark.parametrize(
    "word",
    ["\n", "\r", "\r\n", " ", "a ", "\t", '"', '\\"', "{", "[", ",", '"psk":', "\x1b[", "$1$"],
)
def test_no_answer_keeps_redaction_busy(lead: str, word: str) -> None:
    """What grows with the square of an answer's length would stop the agent for days."""
    secrets = Secret("json", "**.psk"), Secret("regex", r"psk=(?P<secret>\S+)")
    body = (lead + word * (500_000 // len(word))).encode()
    began = process_time()
    with suppress(VisitError):
        redact(ask(*secrets), body, KEY)
    assert process_time() - began < 20


def test_several_paths_at_once() -> None:
    body = b'{"a": {"psk": "one"}, "b": [{"key": "two"}], "c": {"key": "three"}}'
    secrets = Secret("json", "**.psk"), Secret("json", "b[].key")
    found = json.loads(redact(ask(*secrets), body, KEY))
    assert found == {
        "a": {"psk": KEY.replace("one")},
        "b": [{"key": KEY.replace("two")}],
        "c": {"key": "three"},
    }


def test_half_a_wide_character_is_an_answer_that_breaks_off() -> None:
    with pytest.raises(VisitError) as raised:
        redact(ask(), "Windows Registry".encode("utf-16")[:-1], KEY)
    assert raised.value.code == "output_incomplete"
