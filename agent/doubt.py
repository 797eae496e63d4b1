"""Doubt: what facts must not be believed although their collector found them."""

from __future__ import annotations

from collections.abc import Iterable

from evidence.device import Device
from evidence.errors import Denied, shown
from evidence.facts import AccountPrivilege, Fact, HardwareItem, RuleUsage, Unit, to_record
from evidence.reading import Failure, Reading, canonical

WINDOW_MONTHS = 6  # what CC-17010 asks of a rule without traffic


def doubt(device: Device, facts: tuple[Fact, ...]) -> Failure | None:
    """Why these facts may not be taken: nothing at all, or another device's identity."""
    if not facts:
        return Failure(
            "result_empty_suspicious",
            f"{device.id}: the answers held nothing to record",
            "check the account's privileges on the device",
        )
    if unwritable := _unwritable(facts):
        return Failure(
            "result_unwritable",
            f"{device.id}: the answers hold a value that cannot be kept: {unwritable}",
            "read the device by hand; this is no number or text that a device should say",
        )
    for name, wanted in device.expected.items():
        seen = {
            str(value)
            for fact in facts
            if isinstance(fact, Unit | HardwareItem)
            and (value := getattr(fact, name, None)) is not None
        }
        if seen and wanted not in seen:
            return Failure(
                "identity_mismatch",
                f"{device.id}: expected {name} {wanted}, the device says "
                f"{', '.join(sorted(map(shown, seen)))}",
                "check the address, or correct `expected` after a replacement",
            )
    return None


def too_privileged(device: Device, account: Reading | None) -> Denied | None:
    """Why nothing more is read with this account, where the device's option says `refuse`."""
    refuses = device.options.get("privileged_account") == "refuse"
    facts = account.of(AccountPrivilege) if refuses and account is not None else []
    if (could := next((one for one in facts if one.can_write), None)) is None:
        return None
    return Denied(
        f"{device.id}: {_could_write(could)}; by the option privileged_account it is not used",
        code="privilege_too_high",
        next_step=_LESS,
    )


def _could_write(privilege: AccountPrivilege) -> str:
    who = f"the account {shown(privilege.account)}" if privilege.account else "the account"
    return f"{who} could write ({shown(privilege.level or '')}: {shown(privilege.detail or '')})"


_LESS = "give the agent an account that only reads; the platform's page has the recipe"


def cautions(facts: Iterable[Fact]) -> Iterable[Failure]:
    """What weakens a reading and does not fail it."""
    for fact in facts:
        if isinstance(fact, Unit) and (why := _clock_doubt(fact)):
            yield Failure(
                "device_clock_suspect",
                f"the device's clock {why}",
                "its times are not used for the window; correct its NTP and time zone",
            )
        if isinstance(fact, AccountPrivilege) and fact.can_write:
            yield Failure("privilege_too_high", _could_write(fact), _LESS)
    kept = [
        fact.kept_months
        for fact in facts
        if isinstance(fact, RuleUsage) and fact.kept_months is not None
    ]
    if kept and min(kept) < WINDOW_MONTHS:
        yield Failure(
            "hits_kept_too_short",
            f"hits are kept for {min(kept)} months, less than the {WINDOW_MONTHS} that a proof "
            "of no traffic looks back",
            "have the manager keep them longer; until then only our own readings, month after "
            "month, can cover the window",
        )


def _unwritable(facts: Iterable[Fact]) -> str:
    """The first value that no record can hold: NaN, half a character, a number over 64 bits,
    a time past the calendar's end. Empty when there is none."""
    for fact in facts:
        try:
            record = to_record(fact)
            canonical(record)
        except (ValueError, OverflowError) as error:
            return shown(str(error))
        for name, value in record.items():
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                return f"{name} of more than 64 bits"
    return ""


def _clock_doubt(unit: Unit) -> str:
    """What is wrong with a unit's clock; empty when it fits ours, or was not asked."""
    zone = unit.clock_zone or "(zone not said)"
    if unit.clock_at is None:
        return f"is of an unknown zone, {shown(zone)}" if unit.clock_zone else ""
    offset_s = unit.clock_offset_s
    if 2000 < unit.clock_at.year < 2090 and offset_s is not None and abs(offset_s) <= 300:
        return ""
    return f"says {unit.clock_at:%Y-%m-%d %H:%M:%S} {shown(zone)}"
