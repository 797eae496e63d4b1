"""People of Active Directory, asked by their own password. Samba's domain controller is real.

Made once for the file: a domain takes five seconds of CPU. Every person and group is of one test.
"""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from evidence.clock import Clock
from evidence.facts import LogonHours
from store.app import make_app
from store.console.guard import Console
from store.people.directory import Directory
from store.people.roles import EVERYWHERE, Grant, Role
from store.people.settings import GroupRole, Vouchers
from store.people.tables import audit_event
from store.problems import Refused
from store.serve import serving
from tests import by_hand
from tests.domain_controller import DISABLED, NORMAL, PASSWORD, PEOPLE, ROOT, Domain, domain_in
from tests.fixtures_month import kept_in
from tests.fixtures_office import PASSWORD as LOCAL
from tests.fixtures_office import code_of, seat
from tests.lab_month import Month

pytestmark = pytest.mark.part("samba-ad")

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
ENGINEERS = GroupRole(group="ev-engineers", role=Role.engineer, sites=("taipei",))
SUPERVISORS = GroupRole(group="ev-supervisors", role=Role.supervisor, sites=(EVERYWHERE,))


def clock() -> datetime:
    return NOW


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Domain]:
    with domain_in(tmp_path_factory.mktemp("ad")) as made:
        alice = made.add_person("alice", displayName="王愛麗", userPrincipalName="alice@lab.test")
        inner = made.add_group("Network team", alice)
        made.add_group("ev-engineers", made.add_group("IT 資訊 (all)", inner))
        made.add_group("ev-supervisors")
        yield made


@pytest.fixture
def directory(domain: Domain) -> Directory:
    return Directory(domain.settings(ENGINEERS, SUPERVISORS), clock)


def refusal(directory: Directory, name: str, password: str = PASSWORD) -> str:
    """The code with which somebody is kept out."""
    with pytest.raises(Refused) as caught:
        directory.check(name, password)
    return caught.value.code


@pytest.mark.parametrize(
    "name", ["alice", "ALICE", "alice@lab.test", r"LAB\alice", "alice@LAB.TEST"]
)
def test_a_person_is_known_by_each_form_of_their_name(directory: Directory, name: str) -> None:
    found = directory.check(name, PASSWORD)
    assert (found.login_name, found.name, found.way) == ("alice", "王愛麗", "ldaps")
    assert re.fullmatch(r"ldaps://lab\.test [0-9a-f-]{36}", found.identity)
    assert found.grants == {Grant("taipei", Role.engineer)}, "through two groups"


def test_only_the_right_password_will_do(directory: Directory) -> None:
    assert refusal(directory, "alice", "Winter-in-Taipei-8") == "login_failed"
    assert refusal(directory, "nobody") == "login_failed"


@pytest.mark.parametrize("name", ["alice", "", "alice@lab.test", f"CN=alice,{PEOPLE}"])
def test_an_empty_password_proves_nothing(directory: Directory, name: str) -> None:
    assert refusal(directory, name, "") == "login_failed"


@pytest.mark.parametrize(
    "name",
    [
        *("*", "ali*", "alice)(sAMAccountName=*", "*)(objectClass=*", "alice)(|(cn=*", "a\\2a"),
        *("alice\x00", "alice\n", "alice,CN=Users", f"CN=alice,{PEOPLE}", "@", "\\", "a" * 5000),
        *("alice@lab.test)(cn=*", "*@lab.test", "alice@other.test", "administrator\\"),
    ],
)
def test_no_name_is_more_than_a_name(directory: Directory, name: str) -> None:
    assert refusal(directory, name) == "login_failed"


def test_a_name_full_of_signs_is_found_by_its_own_password(
    domain: Domain, directory: Directory
) -> None:
    dn = domain.add_person(
        "odd", dn=rf"CN=Wu\, (陳) \2a \5c\#,{PEOPLE}", userPrincipalName="o(d)d*@lab.test"
    )
    domain.change(f"CN=ev-supervisors,{PEOPLE}", member=dn)
    found = directory.check("o(d)d*@lab.test", PASSWORD)
    assert found.login_name == "odd"
    assert found.grants == {Grant(EVERYWHERE, Role.supervisor)}


def test_who_has_another_name_to_log_in_with_is_found_by_both(
    domain: Domain, directory: Directory
) -> None:
    domain.add_person("carol", userPrincipalName="lin.carol@other.example")
    found = directory.check("carol", PASSWORD)
    assert directory.check("lin.carol@other.example", PASSWORD) == found
    assert refusal(directory, "carol@other.example") == "login_failed"


def test_who_is_disabled_expired_locked_or_has_to_change_stays_out(
    domain: Domain, directory: Directory
) -> None:
    filetime = str(int((datetime(2020, 1, 1, tzinfo=UTC) - datetime(1601, 1, 1, tzinfo=UTC))
                       .total_seconds()) * 10_000_000)  # fmt: skip
    dan = domain.add_person("dan")
    assert directory.check("dan", PASSWORD).login_name == "dan"
    domain.change(dan, userAccountControl=DISABLED)
    assert refusal(directory, "dan") == "account_disabled"
    assert refusal(directory, "dan", "Winter-in-Taipei-8") == "login_failed", (
        "strangers learn nothing"
    )
    domain.add_person("eve", accountExpires=filetime)
    assert refusal(directory, "eve") == "account_disabled"
    frank = domain.add_person("frank")
    domain.change(frank, pwdLastSet=0)
    assert refusal(directory, "frank") == "password_expired"
    domain.add_person("grace")
    domain.change(ROOT, lockoutThreshold=2)
    assert [refusal(directory, "grace", f"Wrong-in-Taipei-{n}") for n in (1, 2)] == [
        "login_failed"
    ] * 2
    assert refusal(directory, "grace") == "account_locked"
    domain.change(ROOT, lockoutThreshold=0)


def test_an_end_that_is_past_by_our_clock_counts_whatever_the_controller_says(
    domain: Domain,
) -> None:
    """The controller's clock is this machine's: an account that ends tomorrow gets in today."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    ends = int((tomorrow - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
    domain.add_person("heidi", accountExpires=str(ends))
    settings = domain.settings(ENGINEERS)
    assert Directory(settings, lambda: datetime.now(UTC)).check("heidi", PASSWORD)
    later: Clock = lambda: tomorrow + timedelta(seconds=1)  # noqa: E731
    assert refusal(Directory(settings, later), "heidi") == "account_disabled"


def test_who_is_renamed_stays_the_same_and_who_takes_the_name_is_another(
    domain: Domain, directory: Directory
) -> None:
    dn = domain.add_person("ivan")
    before = directory.check("ivan", PASSWORD).identity
    dn = domain.rename(dn, "ivan-2")
    domain.change(dn, sAMAccountName="ivan2", userPrincipalName="ivan2@lab.test")
    domain.add_person("ivan")
    assert directory.check("ivan2", PASSWORD).identity == before
    assert directory.check("ivan", PASSWORD).identity != before


def test_no_group_of_the_settings_gives_nothing(domain: Domain) -> None:
    assert Directory(domain.settings(SUPERVISORS), clock).check("alice", PASSWORD).grants == set()
    assert Directory(domain.settings(), clock).check("alice", PASSWORD).grants == set()
    near = GroupRole(group="ev-engineers*", role=Role.supervisor, sites=(EVERYWHERE,))
    assert Directory(domain.settings(near), clock).check("alice", PASSWORD).grants == set()


# The controllers


def test_a_certificate_of_another_ca_or_name_gets_no_password(domain: Domain) -> None:
    strange = Directory(domain.settings(ENGINEERS, ca=domain.other_ca), clock)
    assert refusal(strange, "alice") == "directory_away"
    elsewhere = domain.settings(ENGINEERS, hosts=(domain.nameless,))
    assert refusal(Directory(elsewhere, clock), "alice") == "directory_away"


def test_without_tls_nothing_is_said(domain: Domain) -> None:
    assert (
        refusal(Directory(domain.settings(ENGINEERS, port=389), clock), "alice") == "directory_away"
    )


def test_the_next_controller_is_asked_where_one_is_away_or_says_nothing(domain: Domain) -> None:
    hosts = ("127.78.0.1", "no-such-host.invalid", domain.address)
    found = Directory(domain.settings(ENGINEERS, hosts=hosts), clock).check("alice", PASSWORD)
    assert found.login_name == "alice"
    away = domain.settings(ENGINEERS, hosts=("127.78.0.1",), timeout_s=1)
    assert refusal(Directory(away, clock), "alice") == "directory_away"


def test_a_controller_that_says_nothing_is_waited_for_no_longer_than_it_may_take(
    domain: Domain,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = domain.settings(hosts=("127.0.0.1",), port=silent.getsockname()[1], timeout_s=1)
        assert refusal(Directory(mute, clock), "alice") == "directory_away"


# Through the console


class Visitor:
    """A browser at the store's log-in form."""

    def __init__(self, url: str) -> None:
        self.url, self.session = url, requests.Session()

    def log_in(
        self, name: str, password: str = PASSWORD, where: str = "directory"
    ) -> requests.Response:
        return self.post("/login", account=name, password=password, where=where)

    def post(self, path: str, **fields: str) -> requests.Response:
        return self.session.post(self.url + path, fields, allow_redirects=False, timeout=60)

    def get(self, path: str) -> str:
        return self.session.get(self.url + path, allow_redirects=False, timeout=60).text

    def account(self) -> str:
        found = re.search(r"<h1>[^<]*<small>([^ <]+)", self.get("/account"))
        return found[1] if found else ""


def trail(console: Console) -> list[tuple[str, str, str]]:
    wanted = select(audit_event.c.actor, audit_event.c.action, audit_event.c.result)
    with console.custody.database.reading() as rows:
        return [(one.actor, one.action, one.result) for one in rows.execute(wanted)]


def test_the_log_in_page_takes_people_of_the_domain(domain: Domain, tmp_path: Path) -> None:
    now = [NOW]
    judy = domain.add_person("judy", displayName="朱迪")
    team = domain.add_group("ev-auditors", judy)
    auditors = GroupRole(group="ev-auditors", role=Role.auditor, sites=(EVERYWHERE,))
    vouchers = Vouchers(directory=domain.settings(auditors))
    app = make_app(tmp_path / "store", clock=lambda: now[0], vouchers=vouchers)
    with serving(app) as url:
        console: Console = app.state.console
        console.people.add("root", "管理", LOCAL, "host:test", with_code=False)
        visitor, other = Visitor(url), Visitor(url)
        assert "lab.test" in visitor.get("/login")
        assert visitor.log_in("judy").status_code == 303
        assert visitor.account() == "judy@ldaps"
        assert "稽核軌跡" in visitor.get("/account")
        # Nobody who has no mapped group, nor by way of the store's own accounts.
        answer = other.log_in("alice")
        assert (answer.status_code, "群組" in answer.text) == (403, True)
        assert other.log_in("root", LOCAL).status_code == 401
        assert other.log_in("judy", where="store").status_code == 401
        assert other.log_in("root", LOCAL, where="store").status_code == 303
        # Tries that fail cost time here, before the directory locks the account.
        answers = [other.log_in(name, "Wrong-1").status_code for name in ("judy", r"LAB\Judy") * 3]
        assert answers == [401] * 5 + [429]
        now[0] += timedelta(minutes=5)
        # Moved: the next check takes the role away, and the sessions with it.
        assert visitor.account() == "judy@ldaps"
        domain.change(team, member=[])
        again = Visitor(url).log_in("judy")
        assert again.status_code == 403
        assert visitor.account() == ""
        known = console.people.known("judy@ldaps")
        assert known is not None and known.grants == ()
        told = trail(console)
        assert ("judy@ldaps", "login", "done") in told
        assert ("ldaps:alice", "login", "group_unmapped") in told
        assert told.count(("ldaps:judy", "login", "login_failed")) == 5
        assert ("judy@ldaps", "login", "group_unmapped") in told


def test_a_signature_takes_a_fresh_bind_of_the_same_person(
    domain: Domain,
    staffed: tuple[Path, dict[str, str]],
    pushed_month: Month,
    tmp_path: Path,
) -> None:
    folder, secrets = staffed
    shutil.copytree(folder, tmp_path / "store")
    boss = domain.add_person("boss", displayName="周主管")
    domain.add_group("ev-bosses", boss)
    domain.add_person("mallory")
    bosses = GroupRole(group="ev-bosses", role=Role.supervisor, sites=(EVERYWHERE,))
    vouchers = Vouchers(directory=domain.settings(bosses))
    with kept_in(tmp_path / "store", pushed_month, full=True, vouchers=vouchers) as kept:
        office = seat(kept, secrets)
        assert office.sign("wang", "prepared", "編製完成").status_code == 303
        visitor, elsewhere = Visitor(kept.url), Visitor(kept.url)
        assert visitor.log_in("boss").status_code == 303
        assert elsewhere.log_in("boss").status_code == 303
        page = f"{office.base}/sign"
        assert "覆核通過並簽章" in visitor.get(page) and 'name="code"' not in visitor.get(page)

        def sign(password: str) -> str:
            csrf = re.search(r'name="csrf" value="([^"]+)"', visitor.get("/account"))
            fields = {
                "step": "reviewed",
                "root": office.root(),
                "comment": "",
                "password": password,
            }
            answer = visitor.post(page, csrf=csrf[1] if csrf else "", **fields)
            return code_of(answer) or str(answer.status_code)

        assert sign("") == sign("Wrong-in-Taipei-1") == "reauth_required"
        domain.change(boss, userAccountControl=DISABLED)
        assert sign(PASSWORD) == "account_disabled"
        assert visitor.account() == elsewhere.account() == "", "and every session is over"
        domain.change(boss, userAccountControl=NORMAL)
        assert visitor.log_in("boss").status_code == 303
        assert sign(PASSWORD) == "303"
        (last,) = kept.console.signing.state(kept.month.agent.id, "2026-11").steps[-1:]
        assert last.step.person.name == "周主管" and last.step.proof == "ldaps"
        assert str(last.step.person.identity).startswith("ldaps://lab.test ")


def test_logon_hours_are_read_from_what_the_directory_answers(domain: Domain) -> None:
    """The bytes are Microsoft's; the controller keeps and tells them, as LDIF."""
    office = sum(1 << 24 * day + hour for day in range(1, 6) for hour in range(13))
    domain.add_person("hours-office", logonHours=office.to_bytes(21, "little"))
    domain.add_person("hours-none", userAccountControl=DISABLED)
    wanted = ["objectClass", "sAMAccountName", "userAccountControl", "logonHours"]
    with domain.administrator() as connection:
        connection.search(ROOT, "(&(objectCategory=person)(objectClass=user))", attributes=wanted)
        export = connection.response_to_ldif()
    found = by_hand.read("logon_hours", "logon_hours", ("users.ldf", f"{export}\n".encode()))
    assert found.failure is None, found.failure
    told = {one.account: one for one in found.of(LogonHours)}
    first, last = (
        min(told["hours-office"].hours_utc or ()),
        max(told["hours-office"].hours_utc or ()),
    )
    # Monday 08:00 and Friday 20:00 in Taipei, which is eight hours ahead.
    assert (first, last, told["hours-office"].domain) == (24, 5 * 24 + 12, "lab.test")
    assert (told["hours-none"].enabled, told["hours-none"].hours_utc) == (False, None)
