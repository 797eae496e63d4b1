"""The picture of a rule's counter: the spans and resets of its proof, and of devices only text."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring

from evidence.facts import RuleUsage, Unit
from evidence.reading import Reading
from evidence.usage import UsageProof, histories, prove
from evidence.usage.logged import Logged
from evidence.usage.picture import LEFT, RIGHT, WIDTH, picture
from tests.usage_vectors import AT, BOOTED, DAY, RULE, daily, proof_of, reading, rebooted

SVG = "{http://www.w3.org/2000/svg}"


def drawn(readings: list[Reading], title: str = "fw-1/7") -> tuple[UsageProof, Element]:
    known = histories(readings)
    proof = prove(known, AT)[RULE]
    return proof, fromstring(picture(title, RULE, proof.record(), known, "zh-TW"))


def marked(image: Element, kind: str, element: str) -> list[Element]:
    """What is drawn of a kind, the legend's own sample left out."""
    return [one for one in image.iter(SVG + element) if one.get("class") == kind][:-1]


def lines(image: Element) -> list[list[tuple[float, float]]]:
    points = [one.get("points", "").split() for one in image.iter(SVG + "polyline")]
    return [[(float(x), float(y)) for x, y in (one.split(",") for one in line)] for line in points]


def place(proof: UsageProof, at: datetime) -> float:
    part = (at - proof.window_start) / (proof.window_end - proof.window_start)
    return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)


def test_a_change_of_the_rule_and_what_logs_tell_of_it_are_drawn() -> None:
    changed_at = AT - 60 * DAY
    readings = [
        reading(one.at, one.of(RuleUsage), match="m1" if one.at < changed_at else "m2")
        for one in daily()
    ]
    known = histories(readings)
    told = Logged(AT - 50 * DAY, AT - 40 * DAY, 2, "csv", "ab" * 32)
    proof = prove(known, AT, logged={RULE: (told,)})[RULE]
    image = fromstring(picture("fw-1/7", RULE, proof.record(), known, "en"))
    (changed,) = marked(image, "changed", "line")
    assert float(changed.get("x1", "")) == place(proof, changed_at)
    ends = [one.get("d", "").partition(" ")[0] for one in marked(image, "logged", "path")]
    assert ends == [f"M{place(proof, at)}" for at in (told.first_at, told.last_at)]


def test_a_peer_that_nobody_reads_has_a_panel_of_its_own() -> None:
    unit = Unit(boot_at=BOOTED, ha_role="active", ha_peer="FG2", role_since_at=AT - 9 * DAY)
    proof, image = drawn(daily(unit=unit))
    assert {gap.unit for gap in proof.gaps} == {"FG2"}
    assert len(marked(image, "gap", "rect")) == len(proof.gaps)


def test_a_hit_is_a_step_where_it_was_first_seen() -> None:
    hit = AT - 30 * DAY
    proof, image = drawn(daily(hits=[hit + timedelta(minutes=1)]))
    (line,) = lines(image)
    rises = [(x, before, y) for (_, before), (x, y) in pairwise(line) if y < before]
    assert [x for x, _, _ in rises] == [place(proof, hit + DAY)]


def test_every_gap_and_reset_of_the_proof_is_drawn_where_it_is() -> None:
    boot_at = AT - 40 * DAY - timedelta(hours=5)
    readings = [one for one in rebooted(daily(), boot_at) if not 20 <= (AT - one.at).days < 24]
    proof, image = drawn(readings)
    assert proof.gaps and proof.resets
    gaps, resets = marked(image, "gap", "rect"), marked(image, "reset", "line")
    assert [float(one.get("x", "")) for one in gaps] == [
        place(proof, one.from_at) for one in proof.gaps
    ]
    assert [float(one.get("x1", "")) for one in resets] == [
        place(proof, one.at or one.by) for one in proof.resets
    ]


def test_a_counter_that_was_not_told_breaks_the_line() -> None:
    readings = daily()
    middle = len(readings) - 60
    facts = tuple(
        replace(fact, count=None) if isinstance(fact, RuleUsage) and fact.key == RULE else fact
        for fact in readings[middle].facts
    )
    silent = replace(readings[middle], facts=facts)
    _, image = drawn([*readings[:middle], silent, *readings[middle + 1 :]])
    assert len(lines(image)) == 2


def test_a_rule_named_by_an_attacker_is_text() -> None:
    _, image = drawn(daily(), title="</title><script>alert(1)</script>\x1b[31m\u202e")
    assert not list(image.iter(SVG + "script"))
    assert "\\x1b" in "".join(image.itertext())


def test_the_same_proof_gives_the_same_picture() -> None:
    readings = daily(hits=[AT - 100 * DAY])
    known = histories(readings)
    proof = proof_of(readings).record()
    first = picture("a", RULE, proof, known, "en")
    assert first == picture("a", RULE, proof, histories(list(reversed(readings))), "en")
    assert len(first) < 6000
