"""Every check and every setting has words in both languages; nothing else has."""

from __future__ import annotations

import inspect

from checks import known_checks
from report.check_words import CHECKS, SETTINGS, check_words, setting_words


def test_every_check_has_words_and_no_other() -> None:
    assert set(CHECKS) == set(known_checks())


def test_every_setting_has_words_and_no_other() -> None:
    asked = {
        name
        for check in known_checks().values()
        for name in inspect.signature(check).parameters
        if name != "readings"
    }
    assert set(SETTINGS) == asked


def test_words_are_short_and_in_two_languages() -> None:
    for words in (*CHECKS.values(), *SETTINGS.values()):
        assert words.en.isascii()
        assert not words.zh.isascii()
        assert len(words.zh) <= 24


def test_a_clause_with_settings_of_its_own_reads_alike() -> None:
    assert check_words('reading_is_fresh{"subject":"firewall"}') == CHECKS["reading_is_fresh"]
    assert setting_words("reading_is_fresh", "days").zh == "讀取資料在時效內：期限日數"
