"""`Marks`: what each reading of a unit shows by itself, one bit a rule and question.

For units that say nothing of their rules but how often they were hit: there a reading, beside the
one before it, shows silence since then, or since a restart, or not at all, whatever comes before
and after. That is judged once, when the reading comes in, by the same code that judges whole
histories; any window is then a matter of joining bits (`glance`). A reading that tells more, or
that others delivered, is *odd*: what it shows reaches beyond its interval, and its unit is judged
from its full history.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from evidence.usage.clocks import SET_S
from evidence.usage.coverage import cut
from evidence.usage.criteria import Assumption, Criteria
from evidence.usage.history import Column, UnitHistory
from evidence.usage.pairs import EVER, Pairs, pair
from evidence.usage.silence import quiet_since, rises, spoilt_counters, standing_counters
from evidence.usage.snapshot import NONE, NOT_COUNTED, Bits, Bools, Ints, Trait

# What a company may set later is left open; these limits are judged with.
TAKEN = Criteria()


class Plane(IntEnum):
    """The questions. `new`: there before, or read before, but not this counter; or `born`.

    `quiet`: no hit since the reading before; `anew`: none since the restart in between: both if
    the unit counted on later. `steady`: the same count, with no fall in its group of counters.
    `untold`: how many sessions are open is not said.
    """

    present = 0
    uncounted = 1
    positive = 2
    volatile = 3
    new = 4
    born = 5
    rose = 6
    quiet = 7
    anew = 8
    steady = 9
    packets = 10
    untold = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Rows are readings in order of time; bit c of a row of a plane speaks of `columns[c]`.

    `odd`: the row cannot be judged by its bits. `rises`: some counter is seen to count.
    `moved`: some count differs, or the unit restarted. The rest is as in `UnitHistory`.
    """

    device: str
    unit: str
    columns: tuple[Column, ...]
    digests: tuple[str, ...]
    serials: tuple[str | None, ...]
    peers: tuple[str | None, ...]
    read_at: Ints
    boot_at: Ints
    loaded_at: Ints
    role: Ints
    role_since: Ints
    odd: Bools
    rises: Bools
    moved: Bools
    planes: Bits  # planes × rows × bytes, the lowest bit first

    @classmethod
    def of(cls, history: UnitHistory) -> Marks:
        """The marks of all rows; the first has nothing before it to be compared with."""
        # Whoever vouches for them: a row that founds nothing is odd.
        taken = replace(
            history,
            founding=np.ones_like(history.founding),
            clock_set_at=np.full_like(history.clock_set_at, NONE),
        )
        pairs = pair(taken, TAKEN)
        spoilt = spoilt_counters(taken, taken, TAKEN)
        quiet, anew, else_quiet = _silence(taken, pairs, spoilt)
        count, restarted = taken.count, pairs.restarted
        steady = pairs.same & (count == pairs.before)
        answers = {
            Plane.present: taken.present,
            Plane.uncounted: count == NOT_COUNTED,
            Plane.positive: count > 0,
            Plane.volatile: (taken.traits & Trait.volatile) != 0,
            Plane.new: pairs.born | pairs.replaced,
            Plane.born: pairs.born,
            Plane.rose: pairs.same & ((count > pairs.before) | (pairs.fell & (count > 0))),
            Plane.quiet: quiet,
            Plane.anew: anew,
            Plane.steady: steady & ~spoilt,
            Plane.packets: (taken.traits & Trait.packets) != 0,
            Plane.untold: taken.present & (taken.sessions == NONE),
        }
        return cls(
            device=history.device,
            unit=history.unit,
            columns=history.columns,
            digests=history.digests,
            serials=history.serials,
            peers=history.peers,
            read_at=history.read_at,
            boot_at=history.boot_at,
            loaded_at=history.loaded_at,
            role=history.role,
            role_since=history.role_since,
            odd=_odd(history) | else_quiet.any(axis=1),
            rises=rises(taken, pairs)[:, 0],
            moved=(restarted | (pairs.same & ~steady).any(axis=1, keepdims=True))[:, 0],
            planes=np.stack([_packed(answers[plane]) for plane in Plane]),
        )

    @classmethod
    def joined(cls, parts: Sequence[Marks], columns: tuple[Column, ...]) -> Marks:
        """Rows one after the other; later parts may know more columns than earlier ones."""
        width = -(-len(columns) // 8)
        whole: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in (*_TIMES, *_FLAGS)
        }
        for name in _STRINGS:
            whole[name] = tuple(chain.from_iterable(getattr(part, name) for part in parts))
        planes = [_widened(part.planes, width) for part in parts]
        return cls(
            device=parts[-1].device,
            unit=parts[-1].unit,
            columns=columns,
            planes=np.concatenate(planes, axis=1),
            **whole,
        )

    def pack(self) -> bytes:
        """Plain bytes, without the columns: those are known to who keeps them."""
        told = [getattr(self, name) for name in _STRINGS]
        strings = json.dumps(told, ensure_ascii=False).encode()
        times = np.stack([getattr(self, name) for name in _TIMES])
        flags = np.stack([getattr(self, name) for name in _FLAGS])
        sizes = struct.pack("<III", len(strings), len(self.read_at), self.planes.shape[2])
        arrays = times.astype("<i8").tobytes() + flags.tobytes() + self.planes.tobytes()
        return sizes + strings + arrays

    @classmethod
    def unpack(cls, packed: bytes, device: str, unit: str, columns: tuple[Column, ...]) -> Marks:
        """The marks that `pack` wrote; `columns` may be more than there were then."""
        strings_size, rows, width = struct.unpack_from("<III", packed)
        at = struct.calcsize("<III")
        strings = json.loads(packed[at : at + strings_size])
        at += strings_size
        times = np.frombuffer(packed, "<i8", len(_TIMES) * rows, at).reshape(-1, rows)
        at += times.nbytes
        flags = np.frombuffer(packed, np.bool_, len(_FLAGS) * rows, at).reshape(-1, rows)
        planes = np.frombuffer(packed, np.uint8, -1, at + flags.nbytes)
        named: dict[str, Any] = dict(zip(_TIMES, times.astype(np.int64, copy=False), strict=True))
        named |= zip(_FLAGS, flags, strict=True)
        named |= zip(_STRINGS, map(tuple, strings), strict=True)
        return cls(
            device=device,
            unit=unit,
            columns=columns,
            **named,
            planes=planes.reshape(len(Plane), rows, width),
        )

    def placed(self, numbers: Ints, columns: tuple[Column, ...]) -> Marks:
        """The same of a longer list of columns, in which column c is the one numbered so."""
        bits = np.unpackbits(self.planes, axis=2, bitorder="little")[..., : len(self.columns)]
        wide = np.zeros((*bits.shape[:2], len(columns)), np.uint8)
        wide[..., numbers] = bits
        planes = np.packbits(wide, axis=2, bitorder="little")
        return replace(self, columns=columns, planes=planes)

    def rows(self, begin: int, end: int) -> Marks:
        """The rows of a span."""
        picked: dict[str, Any] = {
            name: getattr(self, name)[begin:end] for name in (*_TIMES, *_FLAGS, *_STRINGS)
        }
        return replace(self, **picked, planes=self.planes[:, begin:end])

    def until(self, at: int) -> Marks:
        """The rows read by `at`."""
        return self.rows(0, int(np.searchsorted(self.read_at, at, side="right")))

    def bits(self, packed: Bits) -> Bools:
        """One row of bits as a flag a column."""
        flags: Bools = np.unpackbits(packed, bitorder="little")[: len(self.columns)].view(np.bool_)
        return flags


_TIMES = ("read_at", "boot_at", "loaded_at", "role", "role_since")
_STRINGS = ("digests", "serials", "peers")
_FLAGS = ("odd", "rises", "moved")


def never_read(device: str) -> Marks:
    """A unit of which there is no reading."""
    return Marks.of(UnitHistory.of_snapshots((), device, device))


def set_bits(packed: Bits) -> tuple[Ints, Ints]:
    """Rows and columns of the bits that are set."""
    rows, places = np.nonzero(packed)
    of, bit = np.nonzero(np.unpackbits(packed[rows, places, None], axis=1, bitorder="little"))
    return rows[of], places[of] * 8 + bit


def _silence(history: UnitHistory, pairs: Pairs, spoilt: Bools) -> tuple[Bools, Bools, Bools]:
    """Where silence is shown since the reading before, since a restart, and since another time."""
    none = np.zeros(history.count.shape, np.bool_)
    standing = standing_counters(history, pairs)
    counting = np.ones((len(none), 1), np.bool_)
    quiet, relies_on = quiet_since(history, pairs, spoilt, none, standing, counting, TAKEN)
    quiet, _ = cut(history, pairs, quiet, np.full(none.shape, EVER), TAKEN)
    shown = quiet < pairs.at
    by_witness = shown & ((relies_on & Assumption.clear_shows) != 0) & (quiet == pairs.before_at)
    restart = np.where(pairs.restart == NONE, NONE, pairs.restart + TAKEN.boot_tolerance_s)
    by_restart = shown & ((relies_on & Assumption.no_clear_after_restart) != 0) & (quiet == restart)
    return by_witness, by_restart, shown & ~by_witness & ~by_restart


def _odd(history: UnitHistory) -> Bools:
    """Rows that tell more than counts, or are not of a kind with the row before."""
    cells: Bools = history.sessions > 0
    for told in ("last_hit", "first_hit", "reset", "created", "modified"):
        cells = cells | (getattr(history, told) != NONE)
    serials = np.array([serial is not None for serial in history.serials], np.bool_)
    # Whose counters they are is not said each time.
    wavers = serials.any() & ~serials
    boot_ahead = history.boot_at > history.read_at
    # What was written down before the clock was set right means another time.
    off = (history.clock_offset != NONE) & (np.abs(history.clock_offset) > SET_S)
    off &= (history.role_since != NONE) | (history.loaded_at != NONE)
    odd: Bools = cells.any(axis=1) | ~history.founding | (history.log_from != NONE)
    # Rows that were judged before may found nothing any more.
    odd |= history.doubted | (history.clock_set_at != NONE)
    odd |= wavers | boot_ahead | off | bool(history.clears)
    return odd


def _packed(flags: npt.NDArray[np.bool_]) -> Bits:
    return np.packbits(flags, axis=1, bitorder="little")


def _widened(planes: Bits, width: int) -> Bits:
    missing = width - planes.shape[2]
    return np.pad(planes, ((0, 0), (0, 0), (0, missing))) if missing else planes
