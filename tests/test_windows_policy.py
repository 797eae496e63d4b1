"""Secrets in the files of a group policy object, which are UTF-16 without a sign of it."""

from __future__ import annotations

from pathlib import Path

from agent.redact import SiteKey, redact
from collectors.windows._policy_file import policy_file
from collectors.windows.asks import COMPUTER_POLICY
from evidence.capture import Capture
from evidence.tape import read_tape
from tests.by_hand import AT

TAPE = Path(__file__).parent / "cases" / "windows" / "remote_desktop.group_policy.tape"
WINLOGON = r"software\microsoft\windows nt\currentversion\winlogon"


def test_a_password_in_a_policy_file_becomes_a_digest_and_the_file_stays_readable() -> None:
    body = read_tape(TAPE).answers[0].body
    secret = "canary-pol\0".encode("utf-16-le")
    assert secret in body
    redacted = redact(COMPUTER_POLICY, body, SiteKey(b"a key"))
    assert secret not in redacted
    assert redacted.count(b"redacted:hmac:") == 1
    capture = Capture(device="gpo", ask=COMPUTER_POLICY, body=redacted, asked_at=AT, answered_at=AT)
    keys = policy_file(capture)
    assert "defaultpassword" in keys[WINLOGON].values
    # A name that only ends in the word is a setting like others.
    assert any(key.number("fPromptForPassword") == 1 for key in keys.values())
