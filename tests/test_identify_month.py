"""A real snmpd and ten of snmpsim's agents, from the wire into the pack of the month.

Every agent is an engine of its own that speaks version 3 and answers from a case of the SNMP
collector; the real one is net-snmp's, standing for a FortiGate. What they are, until when, and what
nobody could tell, must all stand in the month.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from agent.assess import assess
from agent.pack import make_pack
from agent.wired import system_clock
from evidence.clock import period_of
from evidence.facts import HardwareItem, SoftwareRelease, Unit
from evidence.judged import Assessed
from evidence.observation import Result
from evidence.pack import Pack, read_pack
from tests.fixtures_lab import Site, by_device, site, tape_of
from tests.fixtures_snmp import AUTH, PRIVACY, RealAgent
from tests.simulated_snmp import CONTEXT, simulated

CASES = {
    "sw-01": "catalyst-stack",
    "sw-02": "nexus-pair-of-modules",
    "sw-03": "accton-below-its-own-branch",
    "sw-04": "blank-description",
    "sw-05": "blanked-description",
    "fw-01": "fortigate-free-text",
    "fw-02": "gateway-behind-net-snmp",
    "srv-01": "windows-server",
    "srv-02": "linux-kernel-only",
    "box-01": "unknown-maker",
}


@dataclass(frozen=True)
class Month:
    assessed: Assessed
    pack: Pack


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    folder = tmp_path_factory.mktemp("identify")
    real = RealAgent(folder)
    real.start()
    try:
        tapes = {name: tape_of(f"snmp/firmware.{case}") for name, case in CASES.items()}
        given = {"username": "auditor", "password": AUTH, "second": PRIVACY}
        with site(folder) as lab, simulated(tapes, folder / "snmpsim", *given.values()) as ports:
            for name, port in ports.items():
                options = {"snmp_context": CONTEXT}
                lab.elsewhere(name, "snmp", "snmp", port, given, options=options)
            lab.elsewhere("fw-03", "snmp", "snmp", real.port, given)
            yield judged(lab, folder)
    finally:
        real.stop()


def judged(lab: Site, folder: Path) -> Month:
    config = lab.write()
    with lab.agent(config) as agent:
        run = lab.collect(config, agent)
        readings = by_device(run)
        assert {name for (name, _), one in readings.items() if one.failure} == set(), [
            one.failure for one in readings.values() if one.failure
        ]
        now = system_clock()
        assessed = assess(config, replace(agent, clock=lambda: now), period_of(now), now)
        path = make_pack(config, agent, assessed, folder / "packs", paper=False)
    return Month(assessed, read_pack(path.read_bytes()))


@pytest.mark.part("snmpd")
def test_every_device_is_read_over_the_wire(month: Month) -> None:
    read = month.assessed.readings
    assert {name for name, _ in read.newest_good} == {*CASES, "fw-03"}
    real = read.newest_good["fw-03", "firmware"]
    assert next(one.train for one in real.of(SoftwareRelease)) == "7.2"
    assert [one.serial for one in real.of(HardwareItem)] == ["FGT60FTK19999999"]
    for name in CASES:
        assert read.newest_good[name, "firmware"].of(Unit), name


@pytest.mark.part("snmpd")
def test_each_has_a_verdict_and_unknown_is_none_that_passes(month: Month) -> None:
    found = [one for one in month.assessed.observations if one.check == "release_is_supported"]
    assert {one.device for one in found} >= {*CASES, "fw-03"}
    states = {(one.device, one.state) for one in found}
    assert ("fw-03", "support_ended") in states, "FortiOS 7.2 has ended"
    assert ("box-01", "unknown_version") in states
    for one in found:
        if one.state in ("unknown_model", "unknown_version", "no_date_published"):
            assert one.result is Result.not_assessed


@pytest.mark.part("snmpd")
def test_the_pack_lists_what_they_are_and_no_secret(month: Month) -> None:
    names = [name for name in month.pack.statement.subjects if name.endswith(".xlsx")]
    text = " ".join(
        str(cell)
        for name in names
        for sheet in load_workbook(BytesIO(month.pack.archive.read(name)), read_only=True)
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if cell is not None
    )
    for name in (*CASES, "fw-03"):
        assert name in text, name
    assert "FGT60FTK19999999" in text
    assert "7.2.5" in text
    everything = b"".join(month.pack.archive.read(name) for name in month.pack.statement.subjects)
    for secret in (AUTH, PRIVACY):
        assert secret.encode() not in everything


@pytest.mark.part("snmpd")
def test_the_month_is_judged_by_a_catalogue_that_the_pack_names(month: Month) -> None:
    catalogue = month.assessed.readings.catalogue
    assert catalogue is not None
    found = {
        one.measures["catalogue_dated"]
        for one in month.assessed.observations
        if one.check == "release_is_supported" and "catalogue_dated" in one.measures
    }
    assert found == {catalogue.dated.isoformat()}
    names = month.pack.statement.subjects
    assert any(catalogue.digest.encode() in month.pack.archive.read(name) for name in names)
