"""What the four who use the console are told where they stand, and where a refusal leads them."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import delete

from report.codes import spoken
from store.app import make_app
from store.month.tables import coverage
from store.serve import serving
from tests.fixtures_month import kept_in
from tests.fixtures_office import Office, Person, code_of, findings, hire, make_office
from tests.lab_month import NOW, Month

_CLAUSE = "CC-17010.b.f"


def test_another_language_shows_the_same_page(office: Office) -> None:
    wang = office.people["wang"]
    path = f"{office.base}/findings?bad=1&verdict=not_satisfied"
    page = wang.get(path).text
    found = re.search(r'name="next" value="([^"]+)"', page)
    assert found is not None and found[1].replace("&amp;", "&") == path
    answer = wang.post("/account/language", {"language": "en", "next": path})
    assert answer.headers["Location"] == path
    assert "Findings" in wang.get(path).text
    away = wang.post("/account/language", {"language": "en", "next": "//elsewhere.example/"})
    assert away.headers["Location"] == "/"


def test_a_file_too_large_is_said_to_be_with_the_way_back(office: Office) -> None:
    wang = office.people["wang"]
    fields = {"verdict": "satisfied", "reason": "設定畫面", "until": ""}
    for size_bytes in (20 * 1024 * 1024 + 1, 21 * 1024 * 1024):
        body = b"%PDF-1.7\n" + b"x" * (size_bytes - 9)
        path = f"{office.base}/controls/{_CLAUSE}"
        answer = wang.post(f"{path}/evidence", fields, files={"file": ("a.pdf", body)})
        assert (answer.status_code, code_of(answer)) == (413, "body_too_large")
        assert "20 MiB" in answer.text and "王工程" in answer.text
        assert f'href="{path}"' in answer.text
    most = b"%PDF-1.7\n" + b"x" * (20 * 1024 * 1024 - 9)
    taken = wang.post(f"{path}/evidence", fields, files={"file": ("a.pdf", most)})
    assert taken.status_code == 303


def test_what_an_answer_lacks_is_said_in_the_reader_s_language(office: Office) -> None:
    wang = office.people["wang"]
    fields = {"decision": "keep", "reason": "x", "until": ""}
    assert "請選取規則" in wang.post(f"{office.base}/rules", fields).text
    assert "請勾選欲追蹤之缺失" in wang.post(f"{office.base}/deficiencies", {"reason": "x"}).text
    wrong = {"step": "prepared", "root": office.root(), "comment": "x", "password": "no such word"}
    assert "密碼或驗證碼錯誤" in wang.post(f"{office.base}/sign", wrong).text
    wang.post("/account/language", {"language": "en"})
    assert "Choose rules and a decision." in wang.post(f"{office.base}/rules", fields).text


def test_a_review_is_told_by_its_activity_day_and_name(office: Office) -> None:
    path = f"{office.base}/controls/{_CLAUSE}"
    fields = {"activity": "dmz_review", "done_on": "2026-03-15", "reason": "紀錄 115-007"}
    assert office.people["wang"].post(f"{path}/review", fields).status_code == 303
    page = office.people["wu"].get(path).text
    given = page[page.index("人員佐證與檢視") : page.index("查核發現 <span")]
    assert "2026-03-15（115/03/15）" in given and "00:00" not in given
    assert "<b>DMZ 規則半年檢視</b> 紀錄 115-007" in given
    assert "王工程（wang）" in given


def test_a_number_of_changes_leads_to_what_changed(office: Office) -> None:
    wu = office.people["wu"]
    month = wu.get(office.base).text
    for key in ("new", "worse", "better"):
        found = re.search(rf'findings\?changed={key}">(\d+)<', month)
        assert found is not None
        page = wu.get(f"{office.base}/findings?changed={key}").text
        told = re.search(r"共 (\d+) 筆", page)
        assert int(found[1]) == (0 if told is None else int(told[1]))
    changed = wu.get(f"{office.base}/findings?changed=1").text
    assert '<option value="1" selected>' in changed


def test_a_supervisor_sees_what_is_signed_and_what_was_different_when_signed(
    office: Office,
) -> None:
    page = office.people["lin"].get(f"{office.base}/sign").text
    signed = page[page.index("簽核標的") : page.index("簽核歷程")]
    for told in ("控制項", "未能讀取之設備", "逾期", "未答覆之缺失", "待核准之提案", "佐證集合根"):
        assert f"<dt>{told}</dt>" in signed
    office.sign("wang", "prepared", "x")
    assert "您為編製者" not in office.people["lin"].get(f"{office.base}/sign").text
    assert "本月已編製" in office.people["wang"].get(f"{office.base}/rules").text
    office.sign("lin", "reviewed")
    rules = office.people["wang"].get(f"{office.base}/rules").text
    assert "不再受理答覆" in rules and 'name="subject"' not in rules
    office.sign("wang", "reopen_asked", "漏附佐證")
    # Who asked waits; everybody else who may agree is told.
    assert "待另一人核准" in office.people["wang"].get(f"{office.base}/sign").text
    asked = office.people["lin"].get(office.base).text
    assert "有人申請重新開啟" in asked
    office.sign("lin", "reopened", "同意")
    one = findings(office, state="must_decide")[0]
    decide = {"decision": "keep", "reason": "x", "until": ""}
    office.people["wang"].post(f"{office.base}/findings/{one.id}/decide", decide)
    page = office.people["lin"].get(f"{office.base}/sign").text
    assert "重編差異" in page and one.subject in page[page.index("重編差異") :]


def test_a_deputy_is_told_and_is_offered_no_name_that_would_be_refused(office: Office) -> None:
    days = {"first": "2026-12-01", "last": "2026-12-31"}
    office.people["root"].post("/people/deputy", {"account": "wu", "for": "lin", **days})
    page = office.people["root"].get("/people").text
    assert "陳工程（chen）" in page and "2026-12-31（115/12/31）" in page
    office.sign("wang", "prepared", "x")
    wu = office.people["wu"]
    assert "您今日為職務代理人" in wu.get(office.base).text
    review = wu.get(f"{office.base}/sign").text
    assert '<option value="lin">林主管（lin）</option>' in review
    assert '<option value="">本人</option>' not in review
    assert office.sign("wu", "reviewed", deputises="lin").status_code == 303


def test_what_a_check_says_in_codes_is_said_in_words(office: Office) -> None:
    pages = [
        office.people["wu"].get(f"{office.base}/{one}").text
        for one in ("findings?verdict=not_assessed", "controls/CC-17010.a.tbd-segment")
    ]
    for page in pages:
        assert not re.findall(r"（[a-z_]+）|[a-z]+&gt;[a-z]+", page)


def test_a_check_s_sentence_has_words_for_its_codes() -> None:
    assert spoken("fw-1 firewall：未曾讀取成功（device_unreachable）") == (
        "fw-1 防火牆規則：未曾讀取成功（設備無法連線或逾時）"
    )
    assert spoken("規則未能讀取（never_read）") == "規則未能讀取（從未讀取）"
    assert spoken("web：開放應隔離之區域：external>dmz、lab>internal") == (
        "web：開放應隔離之區域：外部→DMZ、lab→內部"
    )
    assert spoken("空窗外無流量。；CR-0042：核准保留") == "空窗外無流量；CR-0042：核准保留"
    # What devices and people call things stays as it is.
    for name in ("permit ip any host：新增，查無核准單號", "r（admin）", "a->b", "VLAN 10>20"):
        assert spoken(name) == name


def test_the_auditor_s_list_of_requests_is_a_link_away(office: Office) -> None:
    wu = office.people["wu"]
    link = f"{office.base}/sections/requests"
    assert f'href="{link}"' in wu.get(f"{office.base}/sign").text
    assert "每月調閱清單" in wu.get(link).text


def test_what_the_index_keeps_for_itself_is_no_page(office: Office) -> None:
    for name in ("counts", "restated a b", "nothing"):
        assert office.people["wu"].get(f"{office.base}/sections/{name}").status_code == 404


def test_the_trail_says_steps_and_log_ins_in_words(office: Office) -> None:
    office.people["wang"].log_in()
    office.sign("wang", "prepared", "x")
    page = office.people["wu"].get("/audit").text
    agent = office.kept.month.agent.id
    assert f">編製 {agent} 2026-11<" in page and ">密碼與驗證碼<" in page
    assert "prepared" not in page and "totp" not in page


def test_a_month_in_which_nothing_was_read_does_not_say_that_all_was(office: Office) -> None:
    with office.kept.custody.database.transaction() as rows:
        rows.execute(delete(coverage))
    for path in ("", "/sign", "/devices"):
        page = office.people["lin"].get(office.base + path).text
        assert "本月無任何設備讀取紀錄" in page, path
        assert "均讀取成功" not in page


def test_an_address_that_is_none_is_a_page_for_people_and_a_problem_for_programs(
    office: Office,
) -> None:
    wu = office.people["wu"]
    page = wu.get("/no/such/page", Accept="text/html,*/*")
    assert page.status_code == 404 and "吳稽核" in page.text and 'href="/"' in page.text
    assert wu.get("/no/such/page").headers["Content-Type"] == "application/problem+json"


def test_on_the_first_day_each_page_says_what_comes_next(
    pushed_month: Month, tmp_path: Path
) -> None:
    app = make_app(tmp_path / "bare", clock=lambda: NOW)
    with serving(app) as url:
        hire(app.state.console)
        wang, root = (Person(app.state.console, url, one, "").enter() for one in ("wang", "root"))
        assert "evidence-store invite" in wang.get("/").text
        assert 'href="/people"' in root.get("/").text
    with kept_in(tmp_path / "store", pushed_month, full=True) as kept:
        wang = make_office(kept).people["wang"]
        page = wang.get(wang.get("/").headers["Location"]).text
        assert "evidence-agent collect" in page
        # No link leads into a month that is not there.
        for link in re.findall(r'<a href="(/a/[^"]*)"', page):
            assert wang.get(link).status_code == 200, link
