"""The arithmetic of counters: what months of readings show of a rule's traffic, and what not.

The claim is always "no traffic in the window outside the stated gaps", made of one rule for
all the units that enforce it together:

- A rule *has traffic* when a hit surely fell in the window: a count rose between two readings
  in it, a last hit was told, a session was open.
- It is *proven* silent when in the whole window no hit can have fallen unseen, save in gaps
  that are listed and together no longer than the company allows; when no hit that we know of
  can have fallen in it; and when the rule has matched the same all that time.
- Otherwise the history is *insufficient*, with the day on which the claim becomes possible,
  or the rule is *not measurable*, because a unit keeps no count for it.

`silence` says which evidence shows none, `hits` what shows traffic, `criteria` what is
taken for granted. A hit that may have fallen before or in the window is neither traffic in it
nor silence: the rule waits until the window has passed it.
"""

from evidence.usage.criteria import ALL_ASSUMPTIONS, Assumption, Criteria
from evidence.usage.history import UnitHistory, histories
from evidence.usage.proof import Gap, Reset, State, UnitPart, Unseen, UsageProof
from evidence.usage.prove import Proofs, prove
from evidence.usage.recall import HISTORY, Recall
from evidence.usage.snapshot import Clear, Names, Role, Snapshot

__all__ = [
    "ALL_ASSUMPTIONS",
    "HISTORY",
    "Assumption",
    "Clear",
    "Criteria",
    "Gap",
    "Names",
    "Proofs",
    "Recall",
    "Reset",
    "Role",
    "Snapshot",
    "State",
    "UnitHistory",
    "UnitPart",
    "Unseen",
    "UsageProof",
    "histories",
    "prove",
]
