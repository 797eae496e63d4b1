"""Serving the store: a bound socket, and uvicorn."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from evidence.account import check_account
from evidence.errors import ConfigurationError, EnvironmentProblem
from evidence.metrics import serve_metrics
from evidence.seal import PublicKey
from store.app import make_app
from store.blobs.canary import daily
from store.clock import system_clock
from store.metrics import FIGURES, PREFIX
from store.notices.post import Messenger
from store.people.anchor import binding
from store.proxies import Proxies
from store.scrub import Scrubber
from store.settings import Settings
from store.stamping import Stamper

_START_S = 60.0  # of a busy machine; one that ended is found at once
_LOG = logging.getLogger("evidence.store")


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises EnvironmentProblem `env_address`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol by name: asyncio switches off Nagle's delay only for a socket that says TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise EnvironmentProblem(
            f"cannot listen on {host} port {port}: {error.strerror}", code="env_address"
        ) from None
    return listener


def serve(settings: Settings) -> bool:
    """Serve until a signal ends it. False when it ended because the disk failed."""
    server: list[uvicorn.Server] = []
    broken = threading.Event()

    def stop() -> None:
        broken.set()
        for one in server:
            one.should_exit = True

    _check_exposure(settings)
    _check_tls(settings)
    check_account(settings.state)
    app = make_app(
        settings.state,
        clock=system_clock,
        database_url=settings.database,
        object_lock=settings.object_lock,
        accept_replayed=settings.accept_replayed,
        blob_limit_bytes=settings.blob_limit_mib * 1024 * 1024,
        envelope_limit_bytes=settings.envelope_limit_mib * 1024 * 1024,
        quota_bytes_an_hour=settings.quota_mib_an_hour * 1024 * 1024,
        on_broken=stop,
        secure=settings.tls_certificate is not None or settings.behind_tls,
        witnesses={name: _public_key(path) for name, path in settings.witnesses.items()},
        vouchers=settings.people,
        proxies=_proxies(settings),
    )

    # Before the server has its own, and once more when it has ended and raises it again: then
    # there is nothing left but to close.
    def end(number: int, frame: FrameType | None) -> None:
        if not server:
            raise SystemExit(0)
        for one in server:
            one.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with ExitStack() as held:
        held.callback(app.state.custody.close)
        if settings.time_stamps is not None:
            roots = settings.time_stamps.roots
            stamper = Stamper(app.state.custody, settings.time_stamps.url, roots)
            held.enter_context(stamper.rounds())
        held.enter_context(binding(app.state.custody))
        held.enter_context(Scrubber(app.state.custody).rounds())
        if settings.object_lock is not None:
            custody = app.state.custody
            held.enter_context(daily(custody.blobs.check, custody.remove_deleted))
        if settings.notices is not None:
            held.enter_context(Messenger(app.state.custody, settings.notices).rounds())
        if settings.metrics_port is not None:
            figures = serve_metrics(PREFIX, FIGURES, app.state.metrics, settings.metrics_port)
            held.callback(figures.server_close)
            held.callback(figures.shutdown)
        listener = held.enter_context(bind(settings.host, settings.port))
        server.append(_server(app, settings.tls_certificate, settings.tls_key))
        scheme = "https" if settings.tls_certificate else "http"
        print(f"evidence-store listens on {_url(scheme, listener)}", flush=True)
        server[0].run(sockets=[listener])
    return not broken.is_set()


@contextmanager
def serving(
    app: Starlette,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: tuple[Path | None, Path | None] = (None, None),
) -> Iterator[str]:
    """The application served from a thread of this process, for as long as the block runs; `tls`
    names certificate and key.

    Gives its address. The application's custody is closed at the end.
    """
    with bind(host, port) as listener:
        server = _server(app, *tls)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="evidence-store", daemon=True
        )
        thread.start()
        deadline = time.monotonic() + _START_S
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise EnvironmentProblem("the embedded store did not start", code="env_store")
            time.sleep(0.01)
        try:
            yield _url("https" if tls[0] else "http", listener)
        finally:
            server.should_exit = True
            thread.join()
            app.state.custody.close()


def _server(app: Starlette, certificate: Path | None, key: Path | None) -> uvicorn.Server:
    # h11 by name: the faster parser takes requests that are not quite HTTP.
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=10,
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )
    )


def _public_key(path: Path) -> PublicKey:
    try:
        return PublicKey.of_pem(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}", code="key_missing") from None


def _proxies(settings: Settings) -> Proxies:
    if settings.proxies is not None:
        return Proxies(settings.proxies.addresses, settings.proxies.header)
    if settings.behind_tls:
        _LOG.warning(
            "no `proxies` in the settings: the log-ins of all who come through the proxy are"
            " counted, and noted, as of its address"
        )
    return Proxies()


def _check_exposure(settings: Settings) -> None:
    """Signed requests are not secret: beyond this machine they go through TLS only."""
    try:
        loopback = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        loopback = settings.host == "localhost"
    if not loopback and settings.tls_certificate is None:
        raise ConfigurationError(
            f"{settings.host} is not this machine alone, and there is no TLS certificate",
            code="tls_required",
            next_step="set tls_certificate and tls_key, or listen on 127.0.0.1 behind a proxy",
        )


def _check_tls(settings: Settings) -> None:
    """Certificate and key can be used: said by name, and before the store is opened. Raises
    ConfigurationError `tls_unusable`."""
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None and key is None:
        return
    if certificate is None:
        raise _unusable(f"tls_key is {key}, and there is no tls_certificate")
    for path in (certificate, key or certificate):
        try:
            path.read_bytes()
        except OSError as error:
            raise _unusable(f"{path}: {error.strerror}") from None
    try:
        # No password: nobody is there to type one.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, ValueError) as error:
        why = getattr(error, "reason", None) or "not in PEM, or with a password"
        raise _unusable(f"{certificate} and its key cannot be used: {why}") from None


def _unusable(message: str) -> ConfigurationError:
    return ConfigurationError(
        message,
        code="tls_unusable",
        next_step="tls_certificate and tls_key are a pair in PEM, the key without a password, and"
        " both are read by the store's account",
    )


def _url(scheme: str, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
