"""The reason given with every proof, and why a span is unseen, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from evidence.clock import TAIPEI
from evidence.text import Text
from evidence.usage.criteria import Assumption
from evidence.usage.proof import Gap, State, Unseen

WHY = {
    Unseen.never_read: Text("no reading to rely on", "無可採信之讀取"),
    Unseen.before_first_reading: Text("before our first reading", "首次讀取之前"),
    Unseen.not_read_since: Text("not read since", "其後未再讀取"),
    Unseen.not_counted: Text("not counted", "未計數"),
    Unseen.count_unsure: Text("not known to be counted exactly", "無法確認設備確實計數"),
    Unseen.rule_came_or_went: Text("the rule was added or removed", "規則新增或移除"),
    Unseen.other_counter: Text("another counter than before", "計數器已更換"),
    Unseen.restart: Text("restart", "設備或規則重新載入"),
    Unseen.zeroed: Text("its counter was zeroed", "計數器歸零"),
    Unseen.cleared: Text("a log tells of a clear", "日誌顯示計數器遭清除"),
    Unseen.group_zeroed: Text("a counter of its group was zeroed", "同組計數器歸零"),
    Unseen.no_witness: Text(
        "nothing shows that the counter was not zeroed", "無佐證可排除計數器曾遭歸零"
    ),
    Unseen.peer_not_read: Text("the peer unit is not read", "對端設備未讀取"),
}

# What a proof takes for granted, in the fewest words; the whole sentences are the criteria's.
IN_SHORT = {
    Assumption.clear_shows.name: Text("a clear of the group would show", "整組歸零必有跡可見"),
    Assumption.no_single_reset.name: Text("no counter cleared alone", "無單一計數器歸零"),
    Assumption.no_clear_after_restart.name: Text(
        "no clear right after a restart", "重新啟動後未即歸零"
    ),
    Assumption.standby_stays.name: Text("a standby unit stayed so", "待命設備持續待命"),
    Assumption.match_unchanged_before.name: Text(
        "the same rule before we first read it", "首次讀取前規則未變"
    ),
    Assumption.no_older_sessions.name: Text("no older connection still open", "無更早之連線持續"),
}


def minute(at: datetime) -> str:
    """A time as people here read it: Taipei, to the minute."""
    return at.astimezone(TAIPEI).strftime("%Y-%m-%d %H:%M")


def hours(length_s: float) -> str:
    return f"{length_s / 3600:.1f}"


def reason(
    state: State,
    *,
    window: tuple[datetime, datetime],
    gaps: Sequence[Gap],
    blind_gap_s: int,
    max_gap_s: int,
    hit_by: datetime | None,
    anchor_at: datetime | None,
    seen_from: datetime | None,
    stale_s: int,
    provable_on: date | None,
    logged_by: datetime | None = None,
    counted: bool = True,
) -> Text:
    """Why the rule is in this state, in one or two sentences.

    `hit_by`: the latest hit known had passed by then. `seen_from`: by when the history begins.
    `stale_s`: age of the newest reading. `logged_by`: the last entry of a log, where that is what
    shows the latest traffic. `counted`: the counters show traffic in the window, too.
    """
    since, until = (minute(time) for time in window)
    if state is State.has_traffic and logged_by is not None:
        alone = Text("", "")
        if not counted:
            alone = Text(
                " The counters show none in the window: look which of the two is wrong.",
                "計數器於觀察期間內未顯示流量，請查明何者有誤。",
            )
        return Text(
            f"Traffic was seen: a traffic log shows it, the latest at {minute(logged_by)}."
            f"{alone.en}",
            f"有流量：流量紀錄顯示最近一次為 {minute(logged_by)}。{alone.zh}",
        )
    if state is State.has_traffic and hit_by is not None:
        return Text(
            f"Traffic was seen, the latest by {minute(hit_by)}.",
            f"有流量，最近一次不晚於 {minute(hit_by)}。",
        )
    if state is State.proven:
        return Text(
            f"No traffic from {since} to {until} outside the stated gaps "
            f"({hours(blind_gap_s)} h unseen).",
            f"自 {since} 至 {until}，除所列空窗（合計 {hours(blind_gap_s)} 小時）外無流量。",
        )
    if state is State.not_measurable:
        return Text(
            "The unit keeps no count for this rule, so its traffic cannot be told.",
            "設備未對此規則計數，無從得知有無流量。",
        )
    short = _short(window[0], gaps, blind_gap_s, max_gap_s, hit_by, anchor_at, seen_from, stale_s)
    if provable_on is None:
        return Text(
            f"{short.en} No date can be given as things are.",
            f"{short.zh}依現況無法預估可證明日期。",
        )
    return Text(
        f"{short.en} Provable on {provable_on} if no traffic and no new gap comes.",
        f"{short.zh}若其後無流量且無新增空窗，最早可於 {provable_on} 證明。",
    )


def _short(
    start: datetime,
    gaps: Sequence[Gap],
    blind_gap_s: int,
    max_gap_s: int,
    hit_by: datetime | None,
    anchor_at: datetime | None,
    seen_from: datetime | None,
    stale_s: int,
) -> Text:
    """What is missing, the plainest obstacle first."""
    if stale_s > max_gap_s:
        return Text(
            f"The newest reading is {hours(stale_s)} h old.",
            f"最近一次讀取已逾 {hours(stale_s)} 小時。",
        )
    if anchor_at is not None and anchor_at > start:
        return Text(
            f"The rule stands as it is only since {minute(anchor_at)}.",
            f"此規則現行內容自 {minute(anchor_at)} 起方存在。",
        )
    if seen_from is not None and seen_from > start:
        return Text(
            f"Nothing is known before {minute(seen_from)}.", f"{minute(seen_from)} 以前無紀錄可考。"
        )
    if hit_by is not None and hit_by > start:
        return Text(
            f"A hit fell by {minute(hit_by)}, perhaps before the window.",
            f"曾於 {minute(hit_by)} 前有一次命中，可能早於觀察期間。",
        )
    if blind_gap_s > max_gap_s:
        longest = max(gaps, key=lambda gap: gap.length_s)
        why = WHY[longest.why]
        return Text(
            f"{hours(blind_gap_s)} h of the window are unseen, {hours(max_gap_s)} h are allowed; "
            f"the longest on {longest.unit} from {minute(longest.from_at)} to "
            f"{minute(longest.to_at)}: {why.en}.",
            f"觀察期間有 {hours(blind_gap_s)} 小時未能觀察（上限 {hours(max_gap_s)} 小時），"
            f"最長者為 {longest.unit} 自 {minute(longest.from_at)} 至 {minute(longest.to_at)}："
            f"{why.zh}。",
        )
    # Nothing else is left: the company does not accept the assumption about open connections.
    return Text(
        "Connections are counted when they begin, and open ones are not told.",
        "設備僅於連線建立時計數，且未提供現有連線數。",
    )
