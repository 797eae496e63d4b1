"""The whole month in a real browser: an engineer answers and prepares, a supervisor signs, an
auditor looks down to the bytes. Chromium; nothing is asked from outside the store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ADMIN_PATH
from tests.fixtures_office import PASSWORD, Office, Person
from verify.command import examine
from verify.report import Level
from verify.trust import Trust

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.part("chromium"), pytest.mark.timeout(400)]
# Where screenshots for the documentation are to be put; empty: none are made.
PICTURES = os.environ.get("EVIDENCE_PICTURES", "")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # half a second that only this file needs

    program = shutil.which("chromium", path=ADMIN_PATH)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """A browser of one person: what its console says, and whom it asks, is kept."""

    def __init__(self, chromium: Browser, person: Person, *, script: bool = True) -> None:
        self.person = person
        self.said: list[str] = []
        self.asked: set[str] = set()
        self.context: BrowserContext = chromium.new_context(
            viewport={"width": 1400, "height": 900},
            locale="zh-TW",
            java_script_enabled=script,
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("console", lambda one: self._note(one.type, one.text))
        self.page.on("pageerror", lambda one: self.said.append(str(one)))
        self.page.on("dialog", lambda one: self.said.append(f"dialog {one.message}"))
        self.page.on("request", lambda one: self.asked.add(one.url.split("/")[2]))

    def _note(self, kind: str, text: str) -> None:
        if kind == "error":
            self.said.append(text)

    def go(self, path: str) -> None:
        self.page.goto(self.person.url + path)

    def log_in(self) -> None:
        self.go("/login")
        self.page.fill("[name=account]", self.person.account)
        self.page.fill("[name=password]", PASSWORD)
        self.page.fill("[name=code]", self.person.code())
        self.page.click("button.main")
        self.page.wait_for_selector("header.top .who")

    def picture(self, name: str) -> None:
        if PICTURES:
            self.page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))

    def close(self) -> None:
        """Nothing may have gone wrong, nor anything been asked of another host."""
        self.context.close()
        assert self.said == []
        assert self.asked <= {self.person.url.split("/")[2]}


_ABOVE_THE_BAR = """() => document.activeElement.getBoundingClientRect().bottom
  <= document.querySelector('.bulk').getBoundingClientRect().top"""


def test_a_month_is_seen_answered_signed_and_looked_at(chromium: Browser, office: Office) -> None:
    for person in office.people.values():
        person.session.cookies.clear()
    _engineer(Watched(chromium, office.people["wang"]), office)
    office.later()
    _supervisor(Watched(chromium, office.people["lin"]), office)
    office.later()
    _auditor(Watched(chromium, office.people["wu"]), office)


def _engineer(browser: Watched, office: Office) -> None:
    page = browser.page
    browser.log_in()
    # One site only: the newest month comes at once, with what is to be done.
    assert page.locator("#todo li").count() >= 2
    page.click("nav.month >> text=歷月")
    assert page.locator("table.heat tbody tr").count() > 50
    browser.picture("console-months")
    page.click("table.heat thead a")
    assert page.locator("h1").inner_text().startswith("2026-11")
    browser.picture("console-month")
    page.click("nav.month >> text=規則檢視")
    page.select_option("form.filter [name=state]", "undecided")
    page.wait_for_url("**state=undecided**")
    page.wait_for_function("document.querySelector('#found tbody td:nth-child(11)')")
    undecided = page.locator("#found tbody input[type=checkbox]").count()
    assert undecided > 2
    browser.picture("console-rules")
    # By keys: the first two, then a decision about them.
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("[data-chosen]").inner_text() == "2"
    # The row one is at is never under the bar.
    for _ in range(40):
        page.keyboard.press("j")
    assert page.evaluate(_ABOVE_THE_BAR)
    # Who wants no single keys has none.
    page.uncheck("[data-keys]")
    page.keyboard.press("x")
    assert page.locator("[data-chosen]").inner_text() == "2"
    page.check("[data-keys]")
    page.keyboard.press("d")
    page.select_option("[name=decision]", "keep")
    page.fill(".bulk [name=reason]", "業務需要，已檢視")
    page.click(".bulk button")
    page.wait_for_selector("[role=status]")
    assert "2" in page.locator("[role=status]").inner_text()
    assert page.locator("#found tbody input[type=checkbox]").count() == undecided - 2
    # The others by the filter.
    page.check("[name=everything]")
    page.select_option("[name=decision]", "disable")
    page.fill(".bulk [name=reason]", "六個月內無流量")
    page.click(".bulk button")
    page.wait_for_selector("[role=status]")
    page.click("nav.month >> text=簽核")
    browser.picture("console-sign")
    office.later()
    page.fill("[name=comment]", "其餘缺失改善中，詳各項計畫")
    page.fill("main [name=password]", PASSWORD)
    page.fill("main [name=code]", browser.person.code())
    page.click("text=編製完成並簽章")
    page.wait_for_selector("text=已編製，待覆核")
    assert page.locator("text=覆核通過並簽章").count() == 0
    page.click("text=登出")
    page.wait_for_selector("[name=account]")
    browser.close()


def _supervisor(browser: Watched, office: Office) -> None:
    page = browser.page
    browser.log_in()
    page.click("nav.month >> text=簽核")
    assert "王工程" in page.locator("ol.steps").inner_text()
    office.later()
    form = page.locator("form", has_text="覆核通過並簽章")
    form.locator("[name=password]").fill(PASSWORD)
    form.locator("[name=code]").fill(browser.person.code())
    form.locator("text=覆核通過並簽章").click()
    page.wait_for_selector("text=已簽核")
    assert "林主管" in page.locator("ol.steps").inner_text()
    browser.close()


def _auditor(browser: Watched, office: Office) -> None:
    page = browser.page
    browser.log_in()
    page.click("nav.month >> text=本月總覽")
    page.click("main >> text=CC-17010.b.f")
    page.locator("main table tbody a[href*='/findings/']").first.click()
    browser.picture("console-finding")
    page.click("nav.month >> text=規則檢視")
    page.locator("#found tbody a").first.click()
    picture = page.locator("img.picture")
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
    browser.picture("console-rule")
    page.locator("a[href*='/readings/']").first.click()
    page.locator("a[href*='/captures/']").first.click()
    assert "相符" in page.inner_text("main")
    with page.expect_download() as started:
        page.click("text=下載原始位元組")
    body = Path(started.value.path()).read_bytes()
    digest = page.url.rpartition("/")[2].partition("?")[0]
    assert body == office.kept.custody.shelf.blob(digest)
    # The pack of the signed month verifies offline, to the last level.
    browser.go(f"{office.base}/sign")
    assert page.locator("button.main").count() == 0
    with page.expect_download(timeout=200_000) as started:
        page.click("text=產製並下載")
    trust = Trust(
        {office.kept.month.agent.signing_key.public: "agent"}, office.kept.custody.key.public
    )
    report = examine(Path(started.value.path()), trust)
    assert report.exit_code == 0 and report.record()["reached"] == Level.re_judged.word
    browser.close()


def test_everything_works_without_script(chromium: Browser, office: Office) -> None:
    browser = Watched(chromium, office.people["wang"], script=False)
    page = browser.page
    browser.log_in()
    browser.go(f"{office.base}/rules")
    page.select_option("form.filter [name=state]", "undecided")
    page.click("form.filter button")
    boxes = page.locator("#found tbody input[type=checkbox]")
    before = boxes.count()
    boxes.first.check()
    page.select_option("[name=decision]", "keep")
    page.fill(".bulk [name=reason]", "業務需要")
    page.click(".bulk button")
    assert page.locator("[role=status]").count() == 1
    assert boxes.count() == before - 1
    browser.close()


_UNLABELLED = """() => [...document.querySelectorAll('main input, main select, main textarea')]
  .filter((one) => one.type !== 'hidden' && !one.ariaHidden)
  .filter((one) => !one.labels?.length && !one.ariaLabel)
  .map((one) => one.outerHTML)"""
_FAINT = """() => {
  const light = (text) => {
    const parts = text.match(/[\\d.]+/g).map(Number);
    const part = (one) =>
      one <= 10 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4;
    const [red, green, blue] = parts.slice(0, 3).map(part);
    return { l: 0.2126 * red + 0.7152 * green + 0.0722 * blue, a: parts[3] ?? 1 };
  };
  const behind = (one) => {
    for (let up = one; up; up = up.parentElement) {
      const colour = light(getComputedStyle(up).backgroundColor);
      if (colour.a > 0) return colour.l;
    }
    return 1;
  };
  const found = new Set();
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !one.checkVisibility() || one.closest('svg')) continue;
    const [a, b] = [light(getComputedStyle(one).color).l, behind(one)].sort().reverse();
    if ((a + 0.05) / (b + 0.05) < 4.5) found.add(one.className + ' ' + one.tagName);
  }
  return [...found];
}"""


_SQUEEZED = """() => [...document.querySelectorAll('td')]
  .filter((one) => one.innerText.trim().length > 12 && one.clientWidth < 60)
  .map((one) => one.innerText)"""
_BESIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_what_is_read_has_contrast_and_what_is_typed_has_a_label(
    chromium: Browser, office: Office
) -> None:
    browser = Watched(chromium, office.people["wang"])
    browser.log_in()
    agent = office.kept.month.agent.id
    pages = ["", "/findings", "/rules", "/devices", "/lifecycle", "/due", "/sign", "/proposals"]
    pages += ["/controls/CC-17010.b.f", "/sections/inventory", "/topics/remote"]
    for path in [f"/a/{agent}", *(office.base + one for one in pages), "/account"]:
        browser.go(path)
        assert browser.page.evaluate(_UNLABELLED) == [], path
        assert browser.page.evaluate(_FAINT) == [], path
        assert browser.page.locator("h1").count() == 1, path
    # Enlarged to twice the size, as 1280 pixels are then 640: nothing lies beside the page, and no
    # column of prose is a letter wide.
    pages += ["/deficiencies", "/sections/criteria", "/topics/wireless"]
    for width in (640, 390):
        browser.page.set_viewport_size({"width": width, "height": 900})
        for path in [f"/a/{agent}", *(office.base + one for one in pages), "/account"]:
            browser.go(path)
            assert browser.page.evaluate(_BESIDE) <= 0, (path, width)
            assert browser.page.evaluate(_SQUEEZED) == [], (path, width)
    # On paper there is what was read, and nothing to type into.
    browser.page.set_viewport_size({"width": 1280, "height": 900})
    browser.page.emulate_media(media="print")
    for path in ("/rules", "/deficiencies"):
        browser.go(office.base + path)
        assert browser.page.locator("main table tbody tr").first.is_visible(), path
        assert not browser.page.locator("main input:visible, main button:visible").count(), path
    browser.close()
