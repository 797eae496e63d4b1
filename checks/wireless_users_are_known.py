"""Is it known who uses each internal wireless network, and were suppliers approved?

802.1X names each user; keys of single users or machines name whose each is. A passphrase that
everybody has names nobody, and leaves with whoever leaves. Networks that suppliers use stand in
the register of approvals, with a day on which the approval ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks._wireless import Answer, network_observed
from evidence.clock import taipei_day
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.text import Text, visible
from evidence.tickets import Held as Approval
from evidence.tickets import Tickets
from evidence.wireless import Held, held_networks, unread_networks

CHECK = "wireless_users_are_known"
KINDS = ("無線網路", "無線網路申請", "wireless")


def check(
    readings: Readings,
    *,
    guest_ssids: Sequence[str] = (),
    supplier_ssids: Sequence[str] = (),
    supplier_kinds: Sequence[str] = KINDS,
    user_keys_name_users: bool = True,
) -> Iterator[Observation]:
    """`supplier_ssids`: networks that suppliers use, which need an approval of one of the
    `supplier_kinds` in the register of tickets: for the SSID, or for `SSID/key`.
    `user_keys_name_users`: keys of single users are enough where there is no 802.1X."""
    yield from unread_networks(readings, CHECK)
    approvals = _approvals(readings, supplier_kinds)
    for held in held_networks(readings):
        if held.is_guest(guest_ssids) or not held.on_air:
            continue
        answer = _users(held, user_keys_name_users)
        yield _observed(readings, held, held.subject, answer)
        if held.network.ssid in supplier_ssids:
            for name, approved in _suppliers(readings, held, approvals):
                yield _observed(readings, held, f"{held.subject}/supplier {name}", approved)


_ANYBODY = {"open", "none", "owe", "osen"}
_BY_PASSPHRASE = {"psk", "sae", "sae-ext-key"}
_BY_USER = {"802.1x", "802.1x-suite-b", "802.1x-suite-b-192", "eap", "cckm", "fils"}


def _users(held: Held, keys_are_enough: bool) -> Answer:
    """By the weakest way in: a client may choose it."""
    network = held.network
    akm = {word.removeprefix("ft-").split("-sha")[0] for word in network.akm}
    if akm & _ANYBODY or any("wep" in one for one in (*network.versions, *network.pairwise)):
        words = Text("lets anybody in", "任何人皆可連線，無法識別使用者")
        return Answer(Result.not_satisfied, "anybody", words)
    if not akm or not akm <= _BY_PASSPHRASE | _BY_USER:
        words = Text("how it lets users in is not told", "設備未揭露其使用者驗證方式")
        return Answer(Result.not_assessed, "users_not_told", words)
    if not akm & _BY_PASSPHRASE:
        words = Text("each user by 802.1X", "以 802.1X 逐一識別使用者")
        return Answer(Result.satisfied, "each_user", words)
    if network.user_keys:
        listed = ", ".join(visible(one) for one in network.user_keys[:5])
        words = Text(
            f"{len(network.user_keys)} keys of single users or machines: {listed}",
            f"採個別金鑰 {len(network.user_keys)} 組：{listed}",
        )
        enough = Result.satisfied if keys_are_enough else Result.partly
        return Answer(enough, "user_keys", words)
    if network.user_keys is None:
        words = Text(
            "a passphrase; whether users have keys of their own is not told",
            "採共用密碼，設備未揭露是否有個別金鑰",
        )
        return Answer(Result.not_assessed, "users_not_told", words)
    words = Text("one passphrase that everybody has", "全體共用同一密碼，無法識別使用者")
    return Answer(Result.not_satisfied, "shared_passphrase", words)


def _approvals(readings: Readings, kinds: Sequence[str]) -> dict[str, list[Approval]] | None:
    """Approvals of wireless by what they are for; None where no register was read."""
    if not any(reading for _, reading in readings.each("tickets")):
        return None
    wanted = {kind.casefold() for kind in kinds}
    found = {
        target: [one for one in some if one.ticket.kind.casefold() in wanted]
        for target, some in Tickets.of(readings).by_target.items()
    }
    return {target: some for target, some in found.items() if some}


def _suppliers(
    readings: Readings, held: Held, approvals: dict[str, list[Approval]] | None
) -> Iterator[tuple[str, Answer]]:
    """What the register says of the network, or of each key of it that is known by name."""
    ssid = held.network.ssid or ""
    for name in held.network.user_keys or ("",):
        if approvals is None:
            words = Text("no register of approvals was read", "未讀得核准登記表")
            yield visible(name or ssid), Answer(Result.not_assessed, "no_approvals_read", words)
            continue
        targets = (f"{ssid}/{name}", name, ssid) if name else (ssid,)
        found = [one for target in targets for one in approvals.get(target.casefold(), ())]
        yield visible(name or ssid), _approved(readings, found)


def _approved(readings: Readings, found: Sequence[Approval]) -> Answer:
    """The best of several: an approval that was renewed has an older one beside it."""
    today = taipei_day(readings.at)
    evidence = tuple(dict.fromkeys(one.evidence for one in found))
    signed = [one.ticket for one in found if one.approved]
    if not signed:
        words = (
            Text("its application was not approved", "申請尚未核准")
            if found
            else Text("not in the register of approvals", "未列於核准登記表")
        )
        return Answer(Result.not_satisfied, "not_approved", words, evidence)
    ends = [one.expires_on for one in signed if one.expires_on]
    number = ", ".join(one.ticket_id for one in signed)
    if any(day >= today for day in ends):
        day = max(ends)
        words = Text(f"approved until {day} ({number})", f"核准至 {day}（{number}）")
        return Answer(Result.satisfied, "approved", words, evidence)
    if len(ends) < len(signed):
        words = Text(f"approved without an end ({number})", f"核准未訂到期日（{number}）")
        return Answer(Result.partly, "approved_without_end", words, evidence)
    words = Text(
        f"its approval ended on {max(ends)} ({number})", f"核准已於 {max(ends)} 到期（{number}）"
    )
    return Answer(Result.not_satisfied, "approval_ended", words, evidence)


def _observed(readings: Readings, held: Held, subject: str, answer: Answer) -> Observation:
    network = held.network
    keys = None if network.user_keys is None else list(network.user_keys)
    measures = {"ssid": network.ssid, "akm": list(network.akm), "user_keys": keys}
    return network_observed(
        CHECK, readings, held, answer, about="staff", measures=measures, subject=subject
    )
