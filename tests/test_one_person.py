"""One person with two ways in is one person: who may join accounts, and four eyes afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from store.people.outside import Vouched
from store.people.roles import EVERYWHERE, Grant, Role
from store.people.settings import BACK, GroupRole
from store.people.tables import audit_event
from tests.fixtures_month import Kept, kept_in
from tests.fixtures_office import Office, Person, code_of, seat
from tests.lab_month import Month
from tests.oidc_site import Site, Visitor, vouchers_of
from tests.openid_provider import TestProvider, provided
from tests.ports import free_port

BOTH = (
    GroupRole(group="engineers", role=Role.engineer, sites=(EVERYWHERE,)),
    GroupRole(group="supervisors", role=Role.supervisor, sites=(EVERYWHERE,)),
)


class Worker(Visitor):
    """Somebody whom the provider knows as one subject."""

    def enter(self, user: str) -> Worker:
        self.user = user
        assert self.log_in(user).status_code == 200
        return self


@dataclass
class Place:
    """The office, and a provider that knows two of its people as well."""

    office: Office
    site: Site

    def sign(self, visitor: Worker, step: str, *, again: bool = True) -> str:
        """A step signed by somebody of the provider; the code of a refusal."""
        path = f"{self.office.base}/sign"
        if again:
            visitor.log_in(visitor.user, f"/login/oidc?again=1&next={path}")
        person = Person(self.site.console, self.site.url, "", "", visitor.session)
        fields = {"step": step, "root": self.office.root(), "comment": "看過"}
        answer = person.post(path, fields)
        return code_of(answer) or str(answer.status_code)


@pytest.fixture
def place(
    staffed: tuple[Path, dict[str, str]], pushed_month: Month, tmp_path: Path
) -> Iterator[Place]:
    folder, secrets = staffed
    shutil.copytree(folder, tmp_path / "store")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with provided(TestProvider(lambda: kept.now[0], address + BACK)) as provider:
        provider.people |= {
            "u-wang": {"preferred_username": "wang.k", "name": "王工程", "groups": ["supervisors"]},
            "u-lin": {"preferred_username": "lin", "name": "林主管", "groups": ["supervisors"]},
        }
        vouchers = vouchers_of(provider, address, tmp_path, BOTH)
        with kept_in(
            tmp_path / "store", pushed_month, full=True, port=port, vouchers=vouchers
        ) as kept:
            yield Place(seat(kept, secrets), Site(kept.console, kept.url, provider, kept.now))


def joined(place: Place, who: str, other: str) -> None:
    """The administrator joins the two, and the person agrees."""
    office = place.office
    fields = {"other": other, "account": who}
    assert office.people["root"].post("/people/join", fields).status_code == 303
    office.later()
    person = office.people[who].enter()
    agreed = person.post("/account/join", {"other": other, **person.proof()})
    assert agreed.status_code == 303, agreed.text


def seen(place: Place, result: str) -> list[tuple[str, str]]:
    wanted = select(audit_event.c.action, audit_event.c.object).where(
        audit_event.c.result == result
    )
    with place.office.kept.custody.database.reading() as rows:
        return [(one.action, one.object) for one in rows.execute(wanted)]


def test_who_prepared_as_one_reviews_as_neither(place: Place) -> None:
    """Wang prepared with a local account and is a supervisor at the provider."""
    office = place.office
    wang, lin = Worker(place.site), Worker(place.site)
    wang.enter("u-wang")
    joined(place, "wang", "wang.k@oidc")
    assert wang.account() == "", "what was joined is nobody any more"
    assert office.sign("wang", "prepared", "編製完成").status_code == 303
    wang.enter("u-wang")
    assert wang.account() == "wang"
    assert place.sign(wang, "reviewed") == "four_eyes"
    assert ("reviewed", f"{office.kept.month.agent.id} 2026-11") in seen(place, "four_eyes")
    lin.enter("u-lin")
    assert place.sign(lin, "reviewed", again=False) == "reauth_required"
    office.later()
    assert place.sign(lin, "reviewed") == "303"
    (last,) = office.console.signing.state(office.kept.month.agent.id, "2026-11").steps[-1:]
    assert last.step.person.identity == f"{place.site.provider.url} u-lin"
    assert last.step.proof == "oidc+again"


def test_what_was_prepared_under_the_other_account_before_counts_too(place: Place) -> None:
    office = place.office
    wang = Worker(place.site)
    place.site.provider.people["u-wang"]["groups"] = ["engineers"]
    wang.enter("u-wang")
    assert place.sign(wang, "prepared") == "303"
    office.people["root"].post("/people/grant", {"account": "wang", "role": "supervisor"})
    join = {"other": "wang.k@oidc", "account": "wang"}
    assert office.people["root"].post("/people/join", join).status_code == 303
    assert code_of(office.sign("wang", "reviewed")) == "four_eyes"
    assert office.sign("lin", "reviewed").status_code == 303


def test_two_seats_that_turn_out_to_be_one_person_s_are_told_in_the_trail(place: Place) -> None:
    office = place.office
    wang = Worker(place.site)
    wang.enter("u-wang")
    assert office.sign("wang", "prepared", "編製完成").status_code == 303
    office.later()
    assert place.sign(wang, "reviewed") == "303", "nobody knows yet that they are one"
    join = {"other": "wang.k@oidc", "account": "wang"}
    assert office.people["root"].post("/people/join", join).status_code == 303
    (told,) = [thing for action, thing in seen(place, "four_eyes") if action == "were_one_person"]
    assert told.startswith("reviewed ")


def test_an_administrator_joins_others_and_never_themselves(place: Place) -> None:
    root = place.office.people["root"]
    Worker(place.site).enter("u-wang")
    before = place.office.kept.custody.checkpoint().splitlines()[1]

    def joined(other: str, account: str) -> str:
        return code_of(root.post("/people/join", {"other": other, "account": account}))

    assert joined("wang.k@oidc", "root") == "four_eyes"
    assert joined("root", "wang") == "four_eyes"
    assert joined("wang", "chen") == "join_invalid", "a local account is a person"
    assert joined("wang.k@oidc", "wang.k@oidc") == "join_invalid"
    assert joined("wang.k@oidc", "nobody") == "account_unknown"
    assert int(place.office.kept.custody.checkpoint().splitlines()[1]) == int(before)
    assert joined("wang.k@oidc", "wang") == ""
    # The grant that ends, and that they are one.
    assert int(place.office.kept.custody.checkpoint().splitlines()[1]) == int(before) + 2
    assert joined("wang.k@oidc", "chen") == "join_invalid", "once, and for good"
    assert [action for action, _ in seen(place, "four_eyes")] == ["joined", "joined"]
    fields = {"account": "wang.k@oidc", "role": "supervisor", "site": "*"}
    assert code_of(root.post("/people/grant", fields)) == "account_joined"


def test_an_administrator_alone_lets_nobody_in_as_somebody_else(place: Place) -> None:
    office, mallory = place.office, Worker(place.site)
    mallory.enter("u-wang")
    join = {"other": "wang.k@oidc", "account": "lin"}
    assert office.people["root"].post("/people/join", join).status_code == 303
    assert code_of(mallory.log_in("u-wang")) == "join_waits"
    assert mallory.account() == ""
    lin, other = office.people["lin"], {"other": "wang.k@oidc"}
    assert "wang.k@oidc" in lin.get("/account").text
    assert code_of(lin.post("/account/join", {**other, "password": "", "code": ""})) == (
        "reauth_required"
    )
    chen = office.people["chen"]
    assert code_of(chen.post("/account/join", {**other, **chen.proof()})) == "join_invalid"
    assert code_of(mallory.log_in("u-wang")) == "join_waits"
    office.later()
    assert lin.enter().post("/account/join", {**other, **lin.proof()}).status_code == 303
    assert mallory.enter("u-wang").account() == "lin"


def test_a_way_in_can_be_shut_by_itself(place: Place) -> None:
    root, wang = place.office.people["root"], Worker(place.site)
    wang.enter("u-wang")
    joined(place, "wang", "wang.k@oidc")
    wang.enter("u-wang")
    assert wang.account() == "wang"
    root.enter()
    assert root.post("/people/disable", {"account": "wang.k@oidc"}).status_code == 303
    assert wang.account() == ""
    assert code_of(wang.log_in("u-wang")) == "account_disabled"
    assert place.office.people["wang"].get("/account").status_code == 200


def test_both_databases_make_find_and_join_accounts(kept: Kept) -> None:
    people, members = kept.console.people, kept.console.members
    vouched = Vouched(
        identity="https://login.example a-1",
        way="oidc",
        login_name="a",
        name="甲",
        grants=frozenset({Grant("taipei", Role.engineer)}),
    )
    made = members.admit(vouched, "")
    assert made == members.admit(vouched, "")
    people.add("a", "甲", "four words nobody joins", "host:test", with_code=False)
    members.join(made.account, "a", "host:test")
    members.agree(made.account, "a")
    assert members.admit(vouched, "").account == "a"
