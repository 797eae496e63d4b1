"""What a verification found, how far it got, and how that is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from evidence.errors import EvidenceError
from evidence.text import Text

# Not the evidence's fault, or not shown to be: the file cannot be read at all, or not by us.
_UNREADABLE = {"archive_unreadable", "archive_incomplete", "archive_too_large",
               "format_unsupported", "name_invalid", "file_unreadable"}  # fmt: skip
_POLICY = {"key_untrusted", "level_not_reached"}


class Level(IntEnum):
    """How deep a verification went; each level includes those before it."""

    nothing = 0
    signatures = 1
    re_read = 2
    re_judged = 3

    @property
    def word(self) -> str:
        return self.name.replace("_", "-")

    @property
    def text(self) -> Text:
        return _LEVELS[self]


_LEVELS = {
    Level.nothing: Text("nothing verified", "未通過任何層級"),
    Level.signatures: Text("digests and signatures", "雜湊值與簽章"),
    Level.re_read: Text("re-read", "重新解析"),
    Level.re_judged: Text("re-judged", "重新判定"),
}


_NEXT = {
    Level.signatures: Text(
        "re-read runs the readers of the release that made it over every capture, which takes "
        "textfsm and ntc-templates beside this program, or `evidence-agent verify` of that release",
        "「重新解析」以同版之解析程式重讀全部擷取檔，須於本程式旁安裝 textfsm、ntc-templates，"
        "或改用同版之 `evidence-agent verify`",
    ),
    Level.re_read: Text(
        "re-judged runs the checks again, which takes numpy beside this program, and every visit "
        "and input that the assessment cites within the file",
        "「重新判定」重新執行各項檢核，須於本程式旁安裝 numpy，"
        "且評估所引用之採集紀錄及依據均收錄於本檔",
    ),
}
"""What the level after one takes."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold; `code` decides what the whole comes to."""

    code: str
    message: str

    @classmethod
    def of(cls, error: EvidenceError, where: str = "") -> Problem:
        return cls(error.code, f"{where}: {error.message}" if where else error.message)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signed; `name` is how whoever verifies knows it, None for a stranger."""

    keyid: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """`counts` say how much was looked at; `notes` what is worth knowing and no problem."""

    file: str
    kind: str
    reached: Level
    wanted: Level
    digest: str | None = None
    signers: tuple[Signer, ...] = ()
    counts: Sequence[tuple[Text, int]] = ()
    notes: Sequence[Text] = ()
    problems: Sequence[Problem] = ()

    @property
    def exit_code(self) -> int:
        """0 all good, 1 the evidence fails, 2 it cannot be read, 3 the policy is not met."""
        codes = {problem.code for problem in self.problems}
        if codes - _UNREADABLE - _POLICY:
            return 1
        if codes & _UNREADABLE:
            return 2
        return 3 if codes or self.reached < self.wanted else 0

    @property
    def next_level(self) -> Text | None:
        """What the next level takes, where this one holds and the file has another."""
        highest = Level.re_judged if self.kind == "pack" else Level.re_read
        return None if self.problems or self.reached >= highest else _NEXT.get(self.reached)

    @property
    def verdict(self) -> Text:
        return _VERDICTS[self.exit_code]

    def record(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "kind": self.kind,
            "digest": self.digest,
            "verdict": self.verdict.record(),
            "exit": self.exit_code,
            "reached": self.reached.word,
            "wanted": self.wanted.word,
            "next": None if self.next_level is None else self.next_level.record(),
            "signers": [{"keyid": one.keyid, "trusted_as": one.name} for one in self.signers],
            "counts": [{**text.record(), "count": count} for text, count in self.counts],
            "notes": [note.record() for note in self.notes],
            "problems": [{"code": one.code, "message": one.message} for one in self.problems],
        }

    def lines(self, language: str) -> list[str]:
        """The report as text for a person."""

        def say(text: Text) -> str:
            return text.in_(language)

        found = [f"{self.file}: {say(self.verdict)}"]
        found.append(f"  {say(_REACHED)}: {say(self.reached.text)}")
        if self.next_level is not None:
            found.append(f"  {say(_DEEPER)}: {say(self.next_level)}")
        if self.digest is not None:
            found.append(f"  {say(_IDENTITY)}: {self.digest}")
        for signer in self.signers:
            who = signer.name or say(_STRANGER)
            found.append(f"  {say(_SIGNED)}: {who} ({signer.keyid})")
        found += [f"  {say(text)}: {count}" for text, count in self.counts]
        found += [f"  {say(note)}" for note in self.notes]
        found += [f"  ✗ {problem.code}: {problem.message}" for problem in self.problems]
        return found


_REACHED = Text("level reached", "驗證層級")
_DEEPER = Text("next level", "更深層級")
_IDENTITY = Text("identity (SHA-256 of what was signed)", "識別碼（簽章內容之 SHA-256）")
_SIGNED = Text("signed by", "簽章者")
_STRANGER = Text("a key nobody here vouches for", "未受信任之金鑰")
_VERDICTS = {
    0: Text("holds", "驗證通過"),
    1: Text("DOES NOT HOLD", "驗證不通過"),
    2: Text("cannot be read", "無法讀取"),
    3: Text("not shown to hold: the policy is not met", "未達驗證要求"),
}
