"""The picture of what ends when: a line a thing, its quarter, and nothing that is not known."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook
from PIL import Image

from agent.pack import make_pack
from checks.release_is_supported import check
from evidence.facts import HardwareItem, SoftwareRelease
from evidence.observation import Result
from evidence.pack import read_pack
from report.raster import SCALE, to_png
from report.timeline import Ending, endings, quarters, timeline
from tests.fixtures_pack import MakeBroker
from tests.fixtures_program import Run
from tests.judging import catalogue, read, seen

SVG = "{http://www.w3.org/2000/svg}"
TODAY = date(2026, 11, 30)


def made(*, day: date | None, result: Result = Result.satisfied, name: str = "thing") -> Ending:
    milestones = (("last_day_of_support", day),) if day else ()
    return Ending("taipei", name, day, result, milestones)


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def counted(svg: str) -> list[str]:
    """What the bars above the grid say of their quarters."""
    root = ElementTree.fromstring(svg)
    said = [one.text or "" for one in root.iter(f"{SVG}title")]
    return [one for one in said if " Q" in one]


def test_what_the_check_says_is_what_is_drawn() -> None:
    observations = list(
        check(
            seen(
                read(
                    "fw-1",
                    "firmware",
                    SoftwareRelease(vendor="Fortinet", product="fortios", version="7.4.3"),
                    HardwareItem(vendor="Fortinet", model="FortiGate-60E", serial="F1"),
                    HardwareItem(vendor="Nobody", model="X-9", serial="F2"),
                ),
                catalogue=catalogue(),
            )
        )
    )
    found = endings(observations, {"fw-1": "taipei"})
    by_name = {one.name: one for one in found}
    assert by_name["X-9"].ends_on is None
    for one in observations:
        decisive = one.measures["decisive"]
        name = one.measures.get("model") or f"fortios {one.measures['version']}"
        day = one.measures["milestones"].get(decisive)
        assert str(by_name[name].ends_on) == str(day)
        assert by_name[name].result is one.result


def test_equal_things_of_a_site_are_one_line_with_their_number() -> None:
    facts = [HardwareItem(vendor="Fortinet", model="FortiGate-60E", serial=f"F{n}") for n in "123"]
    observations = list(check(seen(read("fw-1", "firmware", *facts), catalogue=catalogue())))
    [one] = [each for each in endings(observations, {"fw-1": "taipei"}) if each.count > 1]
    assert one.count == 3
    assert "FortiGate-60E ×3" in texts(timeline([one], TODAY, "en"))


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2026, 12, 31), ["2026 Q4: 1"]),
        (date(2027, 1, 1), ["2027 Q1: 1"]),
        (date(2027, 3, 31), ["2027 Q1: 1"]),
        (date(2027, 4, 1), ["2027 Q2: 1"]),
        (date(2019, 1, 1), []),
        (date(2099, 1, 1), []),
    ],
)
def test_each_end_is_counted_in_its_quarter(day: date, quarter: list[str]) -> None:
    """What lies outside the picture has its day in words all the same."""
    svg = timeline([made(day=day)], TODAY, "en")
    assert counted(svg) == quarter
    assert day.isoformat() in texts(svg)


def test_what_is_not_known_has_no_line() -> None:
    svg = timeline([made(day=None, result=Result.not_assessed)], TODAY, "zh-TW")
    assert texts(svg).count("不明") == 2  # the row's, and the legend's
    assert "<path" in svg  # the legend's
    assert 'height="8" fill="#7f8c8d" fill-opacity=".45"><title>' not in svg


def test_nothing_is_said_to_be_nothing() -> None:
    assert "查無生命週期資料" in texts(timeline([], TODAY, "zh-TW"))


def test_a_name_is_text_and_never_markup() -> None:
    name = '</text><script>alert("x")</script>\x1b[2J'
    svg = timeline([made(day=TODAY, name=name)], TODAY, "en")
    root = ElementTree.fromstring(svg)
    assert root.find(f".//{SVG}script") is None
    assert any("<script>" in text for text in texts(svg))


def test_in_few_lines_each_quarter_ahead_has_its_number() -> None:
    known = [
        made(day=date(2024, 1, 1), result=Result.not_satisfied),
        made(day=date(2026, 11, 29), result=Result.not_satisfied),
        made(day=TODAY, result=Result.partly),
        made(day=date(2027, 3, 31), result=Result.partly),
        made(day=date(2027, 1, 1), result=Result.partly),
        made(day=date(2050, 1, 1)),
        made(day=None, result=Result.not_assessed),
    ]
    found = [(one.name.en, one.count, one.result) for one in quarters(known, TODAY)]
    assert found == [
        ("ended", 2, Result.not_satisfied),
        ("2026 Q4", 1, Result.partly),
        ("2027 Q1", 2, Result.partly),
        ("later", 1, Result.satisfied),
        ("not known", 1, Result.not_assessed),
    ]


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_as_png_it_shows_what_the_svg_says(language: str) -> None:
    """Every bar has its colour where the SVG has it, and every text darkens its place."""
    known = [
        made(day=date(2026, 3, 31), result=Result.not_satisfied, name="防火牆 A"),
        made(day=date(2028, 3, 31), result=Result.partly, name="B"),
        made(day=date(2030, 3, 31), name="C"),
        made(day=None, result=Result.not_assessed, name="D"),
    ]
    svg = timeline(known, TODAY, language)
    root = ElementTree.fromstring(svg)
    image = Image.open(BytesIO(to_png(svg))).convert("RGB")
    wide, tall = int(root.attrib["width"]), int(root.attrib["height"])
    assert image.size == (wide * SCALE, tall * SCALE)
    bars = [one for one in root.iter(f"{SVG}rect") if one.get("fill-opacity")]
    assert len(bars) == 3 + 4, "three things with a day, and four words of the legend"
    for bar in bars:
        at = {name: float(bar.attrib[name]) for name in ("x", "y", "width", "height")}
        place = (at["x"] + 1, at["y"] + 1)
        colour = image.getpixel((round(place[0] * SCALE), round(place[1] * SCALE)))
        wanted = Image.new("RGB", (1, 1), bar.attrib["fill"]).getpixel((0, 0))
        assert isinstance(colour, tuple) and isinstance(wanted, tuple)
        blended = [round(255 - (255 - one) * 0.45) for one in wanted]
        assert max(abs(a - b) for a, b in zip(colour, blended, strict=True)) <= 2, bar.attrib
    for text in root.iter(f"{SVG}text"):
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        box = (x * SCALE, (y - 11) * SCALE, (x + 40) * SCALE, (y + 2) * SCALE)
        shades = Counter(image.crop(box).convert("L").tobytes())
        assert sum(count for shade, count in shades.items() if shade < 128) > 5, text.text


def test_the_picture_is_the_same_each_time() -> None:
    rows = [made(day=date(2027, 1, 1), name=str(n)) for n in range(5)]
    assert timeline(rows, TODAY, "en") == timeline(rows, TODAY, "en")


# --- at the terminal and in the pack ---


@pytest.fixture
def site(make_broker: MakeBroker, tmp_path: Path) -> Path:
    make_broker(days=1)
    return tmp_path


def test_the_command_draws_it_and_writes_the_table(site: Path, run: Run) -> None:
    done = run(
        *("lifecycle", "--as-of", "2026-11-30", "--language", "zh-TW"),
        *("--svg", "out/ends.svg", "--csv", "out/ends.csv", "--xlsx", "out/ends.xlsx"),
        *("--png", "out/ends.png"),
    )
    assert done.returncode == 1, done.stderr
    svg = (site / "out" / "ends.svg").read_text("utf-8")
    assert "ASA5525" in texts(svg)
    assert (site / "out" / "ends.png").read_bytes() == to_png(svg)
    assert "已終止" in done.stdout and "█" in done.stdout
    assert "支援終止時程 2026-11-30 (115/11/30)" in texts(svg)
    with (site / "out" / "ends.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    [hardware] = [one for one in rows if one["型號或產品 Model or product"] == "ASA5525"]
    assert hardware["支援終止 last day of support"] == "2025-09-30（民國 114/09/30）"
    assert hardware["狀態 State"] == "支援已終止"
    assert hardware["日期來源 Source of the dates"].startswith("https://")
    assert load_workbook(site / "out" / "ends.xlsx").sheetnames == ["支援終止時程"]


def test_one_site_alone_is_drawn(site: Path, run: Run) -> None:
    done = run("lifecycle", "--site", "taipei", "--svg", "ends.svg")
    assert done.returncode == 1, done.stderr
    assert "taipei" in texts((site / "ends.svg").read_text("utf-8"))


def test_the_month_s_pack_has_the_picture_and_the_table(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    broker = make_broker(days=1)
    made = make_pack(broker.config, broker.agent, broker.assess(), tmp_path, paper=False)
    pack = read_pack(made.read_bytes())
    svg = pack.archive.read("pictures/lifecycle.svg").decode("utf-8")
    assert "ASA5525" in texts(svg)
    table = pack.archive.read("sections/lifecycle.csv").decode("utf-8-sig")
    assert "ASA5525" in table
