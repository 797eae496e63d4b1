"""Check Point's manager read over real HTTPS: logged in once, asked page by page, logged out."""

import json
import re

from agent.platforms import platform
from agent.redact import SiteKey
from agent.secret import Credential, Secret
from agent.transports.https import open_https
from agent.visit import Visitor
from evidence.device import Device
from evidence.facts import FirewallRule, RuleUsage
from evidence.reading import Reading
from evidence.tape import Tape, TapeAnswer, read_tape
from lab.devices.https import LabHttps, LabLogin
from tests.by_hand import AT, read
from tests.test_cases import CASES

TAPE = read_tape(CASES / "checkpoint" / "firewall.two_targets.tape")
LOGIN = LabLogin(
    'POST /web_api/login {"api-key":"the-key","read-only":true}',
    json.dumps({"sid": "the-session", "read-only": True}).encode(),
)


def test_a_manager_is_read_in_one_session() -> None:
    goodbye = TapeAnswer("POST /web_api/logout {}", b'{"message":"OK"}')
    lab = LabHttps(
        Tape("checkpoint", (*TAPE.answers, goodbye)), "the-session", "X-chkp-sid", login=LOGIN
    )
    one, account = platform("checkpoint"), Credential(token=Secret("the-key"))
    with lab:
        device = Device(
            id="mgmt",
            platform="checkpoint",
            address="127.0.0.1",
            port=lab.port,
            options={"tls_fingerprint": lab.fingerprint},
        )
        visitor = Visitor(
            device=device,
            platform=one,
            open_transport=lambda: open_https(device, account, one),
            clock=lambda: AT,
            key=SiteKey(b"key"),
        )
        reading = visitor.visit(["firewall"]).readings[0]
    assert reading.failure is None, reading.failure
    assert len(reading.of(RuleUsage)) == 15
    assert lab.lines[0] == LOGIN.request
    assert lab.lines[-1] == goodbye.ask
    assert lab.lines[1:-1] == [answer.ask for answer in TAPE.answers]


def answers(**changed: bytes) -> list[tuple[str, bytes]]:
    """The tape's answers, some of them others, by what is looked for in the ask."""
    return [
        (one.ask, next((body for name, body in changed.items() if name in one.ask), one.body))
        for one in TAPE.answers
        if not one.error
    ]


def test_hits_kept_for_less_than_the_window_are_a_caution() -> None:
    short = {"hit-count": {"enable-hit-count": True, "keep-hit-count-data-up-to": "3 months"}}
    reading = read("checkpoint", "firewall", *answers(properties=json.dumps(short).encode()))
    assert [one.code for one in reading.cautions] == ["hits_kept_too_short"]
    assert {usage.kept_months for usage in reading.of(RuleUsage)} == {3}
    assert read("checkpoint", "firewall", *answers()).cautions == ()


def test_hit_count_switched_off_is_no_count() -> None:
    off = {"hit-count": {"enable-hit-count": False}}
    reading = read("checkpoint", "firewall", *answers(properties=json.dumps(off).encode()))
    assert {(one.counting, one.count) for one in reading.of(RuleUsage)} == {("off", None)}
    assert not any(rule.counted for rule in reading.of(FirewallRule))


def test_a_manager_that_answers_for_another_domain_is_refused() -> None:
    """The tape's packages are of the domain `SMC User`."""
    reading = read("checkpoint", "firewall", *answers(), domain="Branch")
    assert reading.failure is not None and reading.failure.code == "other_domain"
    assert read("checkpoint", "firewall", *answers(), domain="SMC User").failure is None


def test_a_manager_that_refuses_to_tell_hits_still_tells_the_rules() -> None:
    """No count, and no zero: what is not told is unknown."""
    refused = b'{"code":"generic_err_invalid_parameter","message":"Unrecognized parameter"}'
    taped = read("checkpoint", "firewall", *answers())
    changed = []
    for ask, body in answers():
        if '"hits-settings"' in ask:
            changed.append((ask, refused))
            body = body.replace(b'"hits":', b'"not-hits":') if b"hits" in body else body
            ask = ask.split(',"show-hits"')[0] + "}"
        changed.append((ask, body))
    reading = read("checkpoint", "firewall", *changed)
    assert reading.failure is None, reading.failure
    rules, before = ({one.key for one in some.of(FirewallRule)} for some in (reading, taped))
    assert rules == before
    assert {one.count for one in reading.of(RuleUsage)} == {None}
    assert {one.counting for one in reading.of(RuleUsage)} == {"unknown"}


def test_a_hit_from_the_future_dates_no_count() -> None:
    """The gateway's clock is wrong: when its hits were sent cannot be told by it."""
    body = next(body for ask, body in answers() if '"hits-settings"' in ask and b"1795" in body)
    times = [int(one) for one in re.findall(rb'"last-date":{"posix":(\d+)', body)]
    ahead = str(max(times) + 86_400_000).encode()
    changed = [
        (
            ask,
            text.replace(b'"last-date":{"posix":%d' % max(times), b'"last-date":{"posix":' + ahead),
        )
        for ask, text in answers()
    ]
    reading = read("checkpoint", "firewall", *changed)
    dated = {one.subject_unit: one.manager_fetched_at for one in reading.of(RuleUsage)}
    assert dated["gw-hq"] is None
    assert dated["gw-dmz"] is not None


def page(uid: str, first: int, last: int, total: int, **more: object) -> dict[str, object]:
    """A page of a layer, its objects where they are named."""
    anything = {"uid": "any", "name": "Any", "type": "CpmiAnyObject"}
    rows = [
        {
            **{"uid": f"{uid}-{number}", "name": f"rule {number}", "type": "access-rule"},
            **{"source": [anything], "destination": [anything], "vpn": [anything]},
            **{"enabled": True, "action": {"uid": "a", "name": "Accept", "type": "RulebaseAction"}},
            "service": [anything],
            **more,
        }
        for number in range(first, last + 1)
    ]
    return {"uid": uid, "name": uid, "rulebase": rows, "from": first, "to": last, "total": total}


def layers_alone(*pages: dict[str, object]) -> Reading:
    body = json.dumps(list(pages)).encode()
    return read("checkpoint", "firewall", ("show-access-rulebase", body))


def test_layers_that_are_delivered_without_packages_are_rules_without_hits() -> None:
    reading = layers_alone(page("l1", 1, 2, 3), page("l2", 1, 1, 1), page("l1", 3, 3, 3))
    assert reading.failure is None, reading.failure
    found = reading.of(FirewallRule)
    assert [(one.policy, one.name) for one in found] == [
        *(("l1", "rule 1"), ("l1", "rule 2"), ("l1", "rule 3"), ("l2", "rule 1")),
    ]
    assert all(one.permits and one.sources == one.services == ("any",) for one in found)
    assert not reading.of(RuleUsage)


def test_a_layer_without_its_last_page_is_no_list() -> None:
    for pages in ([page("l1", 1, 2, 3)], [page("l1", 2, 3, 3)], [page("l1", 1, 2, 2)] * 2):
        failure = layers_alone(*pages).failure
        assert failure is not None
        assert failure.code == "output_incomplete"


def test_what_an_object_says_beside_its_ports_is_not_lost() -> None:
    objects: list[dict[str, object]] = [
        {"type": "service-icmp", "icmp-type": 3, "icmp-code": 4},
        {"type": "service-icmp", "icmp-type": 8},
        {"type": "service-tcp", "port": "443", "match-by-protocol-signature": True},
        {"type": "service-tcp", "port": "443"},
    ]
    named = [{**one, "uid": f"s{at}", "name": f"s{at}"} for at, one in enumerate(objects)]
    networks: list[dict[str, object]] = [
        {"type": "network", "subnet4": "10.0.0.0", "mask-length4": 8},
        {"type": "network", "subnet4": "10.1.0.0", "subnet-mask": "255.255.0.0"},
        {"type": "network", "subnet4": "10.2.0.0"},
    ]
    sources = [{**one, "uid": f"n{at}", "name": f"n{at}"} for at, one in enumerate(networks)]
    (rule,) = layers_alone(page("l", 1, 1, 1, service=named, source=sources)).of(FirewallRule)
    assert rule.services == ("icmp/3/4", "icmp/8", "s2", "tcp/443")
    assert rule.sources == ("10.0.0.0/8", "10.1.0.0/16", "n2")
