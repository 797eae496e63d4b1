"""Parts that an installation may lack: what to install is said before anything is sent."""

from __future__ import annotations

from importlib import import_module

from evidence.device import Device
from evidence.errors import EnvironmentProblem


def need(device: Device, way: str, module: str, mend: str) -> None:
    """Raises EnvironmentProblem (`extra_missing`) where a way's module cannot be loaded."""
    try:
        import_module(module)
    except (ImportError, OSError) as error:
        raise EnvironmentProblem(
            f"{device.id}: {way} needs {module!r}, which is not there: {error}",
            code="extra_missing",
            next_step=mend,
        ) from None


def need_kerberos(device: Device, way: str) -> None:
    """The same for Kerberos. No wheels of it exist, so no lock can hold it: it is built where it
    runs."""
    need(
        device,
        way,
        "gssapi",
        "install the system's libkrb5 (Debian: libkrb5-dev, gcc, python3-dev), then "
        "`pip install pyspnego[kerberos]`",
    )
