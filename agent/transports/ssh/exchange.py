"""Key exchanges that paramiko lacks, or has in Python's own arithmetic.

A finite-field exchange raises numbers of thousands of bits to powers. In Python that takes a
tenth of a second in which no other session gets a turn; GMP takes an eighth of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gmpy2 import mpz
from paramiko.kex_curve25519 import KexCurve25519
from paramiko.kex_gex import KexGex, KexGexSHA256
from paramiko.kex_group1 import KexGroup1
from paramiko.kex_group14 import KexGroup14, KexGroup14SHA256
from paramiko.kex_group16 import KexGroup16SHA512


class Curve25519(KexCurve25519):
    """The same exchange under the name RFC 8731 gave it; some devices know only that one."""

    name = "curve25519-sha256"


class _Sent:
    """The group's prime, which the device sends: it is kept as GMP's number."""

    def __set__(self, exchange: object, prime: int | None) -> None:
        vars(exchange)["p"] = None if prime is None else mpz(prime)


def _native(kind: type[Any]) -> type[Any]:
    """The exchange in GMP: Python hands a power over to it where the modulus is GMP's."""
    mended = {"p": _Sent()} if issubclass(kind, KexGex) else {"P": mpz(kind.P)}
    return type(f"Native{kind.__name__}", (kind,), mended)


EXCHANGES: Mapping[str, type[Any]] = {Curve25519.name: Curve25519} | {
    kind.name: _native(kind)
    for kind in (
        *(KexGroup1, KexGroup14, KexGroup14SHA256, KexGroup16SHA512),
        *(KexGex, KexGexSHA256),
    )
}
