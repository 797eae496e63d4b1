"""Products to ask about: found by what they say, hinted at by MAC address, never a verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agent.config import load_config
from agent.oui import with_prefixes
from checks import run_checks
from checks.product_is_not_suspect import check
from evidence.control import Disposition, Kind, Policy, Suspect, Verdict
from evidence.errors import ConfigurationError
from evidence.facts import (
    AirObservation,
    Asset,
    Fact,
    HardwareItem,
    Neighbour,
    RdpNegotiation,
    RemoteAccess,
    SoftwareRelease,
    Surroundings,
)
from evidence.observation import Observation, Result
from tests.judging import AT, company, judged, read, rule_book, seen, shipped

HUAWEI = Suspect(
    vendor="Huawei",
    names=("huawei", "華為"),
    source="https://example.org/notice",
    basis="大學公告列舉之大陸廠牌",
    entered_on=date(2026, 1, 1),
    enterprises=(2011,),
    mac_prefixes=("00e0fc",),
)
OPPO = replace(HUAWEI, vendor="OPPO", names=("oppo",), enterprises=(), mac_prefixes=())
LIST = (HUAWEI, OPPO)


def looked(*facts: Fact, subject: str = "firmware", **said: Any) -> list[Observation]:
    return list(check(seen(read("d-1", subject, *facts)), suspects=said.get("suspects", LIST)))


def states(observations: list[Observation]) -> list[str]:
    return [one.state for one in observations]


@pytest.mark.parametrize(
    "fact",
    [
        HardwareItem(vendor="Huawei Technologies", model="S5720"),
        HardwareItem(vendor=None, model="S5720", description="HUAWEI switch"),
        HardwareItem(part="optic", vendor="huawei", model="SFP-10G"),
        SoftwareRelease(vendor="Huawei", product="vrp", version="8.180"),
        SoftwareRelease(name="華為雲會議", product="meeting", part="package"),
        RdpNegotiation(
            address="10.1.1.1", port=3389, certificate_subject="CN=pc,O=Huawei Device Co.\\, Ltd."
        ),
        RemoteAccess(service="Huawei eSpace", seen_as="installed"),
    ],
)
def test_whatever_says_the_name_is_suspected(fact: Fact) -> None:
    [one] = looked(fact)
    assert (one.result, one.state) == (Result.not_assessed, "suspected")
    assert "疑似，待人工確認" in one.description.zh
    assert "https://example.org/notice" in one.description.zh
    assert "2026-01-01" in one.description.zh


def test_another_vendor_is_none_of_them() -> None:
    [one] = looked(HardwareItem(vendor="Cisco", model="C9300"), SoftwareRelease(product="ios"))
    assert (one.result, one.state, one.measures["things"]) == (
        Result.satisfied,
        "none_suspected",
        2,
    )


@pytest.mark.parametrize("text", ["Opportunity Manager", "the opposite", "Coppola", "OPPOSITION"])
def test_a_name_within_a_word_is_no_name(text: str) -> None:
    assert states(looked(HardwareItem(vendor=text, model="x"))) == ["none_suspected"]


@pytest.mark.parametrize("text", ["OPPO", "oppo-watch", "by Oppo.", "(OPPO)"])
def test_a_name_as_a_word_is_found_in_any_case(text: str) -> None:
    assert states(looked(HardwareItem(vendor=text, model="x"))) == ["suspected"]


def beside(*neighbours: Neighbour, assets: tuple[Asset, ...] = ()) -> list[Observation]:
    readings = [read("sw-1", "neighbours", Surroundings(), *neighbours)]
    if assets:
        readings.append(read("register", "assets", *assets))
    return list(check(seen(*readings), suspects=LIST))


def test_a_neighbour_is_known_by_its_description_or_its_number() -> None:
    says = Neighbour(seen_by="lldp", name="sw-x", description="Huawei Versatile Routing Platform")
    number = Neighbour(seen_by="snmp", addresses=("10.1.1.9",), object_id="1.3.6.1.4.1.2011.2.23")
    other = Neighbour(seen_by="snmp", addresses=("10.1.1.8",), object_id="1.3.6.1.4.1.20110.2")
    found = beside(says, number, other)
    assert states(found) == ["suspected", "suspected"]
    assert found[1].measures["told"] == "sysObjectID 1.3.6.1.4.1.2011.2.23"


def test_a_mac_address_is_a_hint_and_its_vendor_stays_untold() -> None:
    found = beside(Neighbour(seen_by="arp", addresses=("10.1.1.9",), mac="00:e0:fc:01:02:03"))
    assert states(found) == ["suspected_by_mac", "vendor_untold"]
    assert "僅供線索" in found[0].description.zh
    assert {one.result for one in found} == {Result.not_assessed}


def test_nobody_owes_the_make_of_a_neighbours_access_point() -> None:
    """Heard on the air it is a hint by its address; on our own cables somebody must know it."""
    far = AirObservation(bssid="00:11:22:01:02:03", ssid="Cafe", classified_as="neighbor")
    near = replace(far, bssid="00:11:22:01:02:04", on_wire=True)
    suspect = replace(far, bssid="00:e0:fc:01:02:03")
    told = [
        [found.state for found in check(seen(read("wlc", "wireless", one)), suspects=LIST)]
        for one in (far, near, suspect)
    ]
    assert told == [[], ["vendor_untold"], ["suspected_by_mac"]]


def test_what_says_nothing_of_its_make_is_no_pass() -> None:
    found = beside(Neighbour(seen_by="arp", addresses=("10.1.1.9",), mac="00:11:22:01:02:03"))
    assert states(found) == ["vendor_untold"]


def test_the_register_is_looked_through_too() -> None:
    found = beside(assets=(Asset(asset_id="HW-3", vendor="華為", model="S5720", site="colo"),))
    assert states(found) == ["suspected"]
    assert found[0].scope[0] == "site:colo"
    assert "HW-3" in found[0].subject


def test_without_a_list_nothing_is_judged() -> None:
    [one] = looked(HardwareItem(vendor="Huawei"), suspects=())
    assert (one.result, one.state) == (Result.not_assessed, "no_list")


# --- over the clause ---


def test_the_company_s_list_reaches_the_check_and_a_person_s_word_settles_it() -> None:
    readings = seen(read("cam-1", "firmware", HardwareItem(vendor="Hikvision", model="DS-2CD")))
    observations = [
        one
        for one in run_checks(rule_book(), company(), readings)
        if one.check == "product_is_not_suspect"
    ]
    [finding] = judged(*observations).result("CC-14000.5").findings
    assert (finding.state, finding.verdict) == ("suspected", Verdict.not_assessed)
    confirmed = Disposition(
        kind=Kind.manual_evidence,
        subject=finding.subject,
        by="wang",
        at=AT,
        reason="名牌與原廠函確認為該廠牌",
        control="CC-14000.5",
        verdict=Verdict.not_satisfied,
    )
    [finding] = judged(*observations, dispositions=[confirmed]).result("CC-14000.5").findings
    assert finding.verdict is Verdict.not_satisfied


def test_a_list_that_says_no_more_keeps_its_digest() -> None:
    """Policies signed before entries had numbers and blocks are read to the same record."""
    entry = shipped("policy/company-2026.yaml")["suspects"][2]
    assert set(
        Policy.of_record({**shipped("policy/company-2026.yaml"), "suspects": [entry]}).record()[
            "suspects"
        ][0]
    ) == {"vendor", "names", "source", "basis", "entered_on"}


@pytest.mark.parametrize(
    "wrong",
    [{"names": []}, {"enterprises": ["2011"]}, {"mac_prefixes": ["00e0"]}, {"nmaes": ["x"]}],
)
def test_an_entry_with_a_slip_is_refused(wrong: dict[str, Any]) -> None:
    policy = shipped("policy/company-2026.yaml")
    with pytest.raises(ConfigurationError):
        Policy.of_record({**policy, "suspects": [{**policy["suspects"][0], **wrong}]})


# --- the list of MAC address blocks ---

BLOCKS = """Registry,Assignment,Organization Name,Organization Address
MA-L,00E0FC,"HUAWEI TECHNOLOGIES CO.,LTD",Shenzhen CN
MA-L,001122,CIMSYS Inc,Seoul KR
Registry,Assignment,Organization Name,Organization Address
MA-S,70B3D5ABC,Oppo Research,Somewhere
"""


def test_a_file_of_blocks_fills_the_list(tmp_path: Path) -> None:
    path = tmp_path / "oui.csv"
    path.write_text(BLOCKS, "utf-8")
    made = with_prefixes({"suspects": [{"names": ["huawei", "華為"]}, {"names": ["oppo"]}]}, path)
    assert [one["mac_prefixes"] for one in made["suspects"]] == [["00e0fc"], ["70b3d5abc"]]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<html>moved</html>", 1),
        ("Registry,Assignment,Organization Name\nMA-L,00E0F,Huawei\n", 2),
        ("Registry,Assignment,Organization Name\nMA-L,ZZZZZZ,Huawei\n", 2),
        ("Registry,Assignment,Organization Name\nMA-L\n", 2),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int
) -> None:
    path = tmp_path / "oui.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        with_prefixes({"suspects": []}, path)
    assert caught.value.code == "oui_invalid"
    assert f"oui.csv:{line}" in caught.value.message


def test_the_configuration_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "devices.yaml").write_text("devices: []\n", "utf-8")
    (tmp_path / "agent.yaml").write_text("id: a-1\nstate: state\noui: oui.csv\n", "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_config(tmp_path / "agent.yaml")
    assert caught.value.code == "file_missing"
    (tmp_path / "oui.csv").write_text(BLOCKS, "utf-8")
    policy = Policy.of_record(load_config(tmp_path / "agent.yaml").policy)
    [huawei] = [one for one in policy.suspects if one.vendor == "Huawei"]
    assert huawei.mac_prefixes == ("00e0fc",)
    assert Policy.of_record(policy.record()) == policy
