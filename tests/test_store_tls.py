"""The store's certificate ends, is not valid yet, or its CA is another: said so, nothing lost."""

from __future__ import annotations

import gc
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.collect import collect
from agent.config import StoreModel
from agent.push import StoreClient, push
from agent.transports.tape import TapeTransport
from evidence.errors import EnvironmentProblem
from evidence.tape import TapeAnswer
from store.app import make_app
from store.clock import system_clock
from store.serve import serving
from tests.agent_loop import JOBS, agent_in
from tests.real_servers import wait_until_left

DAY = timedelta(days=1)


class Authority:
    """A CA of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.pem = folder / f"{name}.pem"
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(
            **dict.fromkeys(
                (
                    *("digital_signature", "content_commitment", "key_encipherment"),
                    *("data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
                ),
                False,
            ),
            key_cert_sign=True,
            crl_sign=True,
        )
        made = (
            self._builder(self._name, self._key.public_key(), -400, 400)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def certificate(self, first: int, last: int, host: str = "127.0.0.1") -> tuple[Path, Path]:
        """A certificate for an address, valid between so many days from now, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        here = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "store")])
        made = (
            self._builder(name, key.public_key(), first, last)
            .add_extension(here, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        paths = self._folder / "tls.pem", self._folder / "tls.key"
        paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return paths

    def _builder(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, first: int, last: int
    ) -> x509.CertificateBuilder:
        now, identifier = system_clock(), x509.SubjectKeyIdentifier.from_public_key
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + first * DAY)
            .not_valid_after(now + last * DAY)
            .add_extension(identifier(key), critical=False)
            .add_extension(issuer, critical=False)
        )


@pytest.mark.parametrize(
    ("valid", "issuer", "trusted", "said", "mend"),
    [
        ((-30, -1), "old", ["old"], "expired", "renewed"),
        ((1, 30), "old", ["old"], "not yet valid", "clocks"),
        ((-1, 30), "new", ["old"], "issuer", "beside the old one"),
        ((-1, 30), "old", ["old", "new"], "", ""),
        ((-1, 30), "new", ["old", "new"], "", ""),
    ],
    ids=["expired", "not yet", "another CA", "both, before", "both, after"],
)
def test_a_certificate_that_is_not_trusted_is_said_and_what_waits_goes_later(
    tmp_path: Path,
    valid: tuple[int, int],
    issuer: str,
    trusted: list[str],
    said: str,
    mend: str,
) -> None:
    authorities = {name: Authority(tmp_path, name) for name in ("old", "new")}
    bundle = tmp_path / "store-ca.pem"
    bundle.write_bytes(b"".join(authorities[name].pem.read_bytes() for name in trusted))
    agent = agent_in(tmp_path / "agent")
    tape = [TapeAnswer("os_release", b"ID=debian\n")]
    collect(agent, JOBS[:1], lambda device: TapeTransport(tape))
    app = make_app(tmp_path / "store", clock=system_clock)
    app.state.custody.enrol("agent-1", ["main"], agent.signing_key.public)
    with serving(app, tls=authorities[issuer].certificate(*valid)) as url:
        settings = StoreModel(url=url, ca=bundle.name)
        client = StoreClient(settings, agent.signing_key, system_clock, tmp_path)
        if not said:
            push(agent.ledger, client)
        else:
            with pytest.raises(EnvironmentProblem, match=said) as caught:
                push(agent.ledger, client)
            assert (caught.value.code, mend in caught.value.next_step) == ("tls_untrusted", True)
        # Its connections end with it, before the server does.
        del client
        gc.collect()
        wait_until_left(int(url.rpartition(":")[2]))
    waiting = len(agent.ledger.bundles_in("spooled"))
    agent.ledger.close()
    assert waiting == bool(said), "nothing is lost"
