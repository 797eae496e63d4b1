"""Verifying one file: what it is, whose keys count, how deep to go, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from evidence.archive import open_archive
from evidence.bundle import bundle_of
from evidence.errors import SealError
from evidence.pack import MANIFEST_NAME, pack_of
from verify.examine import Examination
from verify.report import Level, Problem, Report
from verify.trust import Trust, load_trust


def verify_file(
    file: Path,
    keys: Sequence[Path] = (),
    *,
    store_key: Path | None = None,
    witness_keys: Sequence[Path] = (),
    tsa_roots: Path | None = None,
    level: Level | None = None,
    as_json: bool = False,
    language: str = "en",
) -> int:
    """Verify a file, print the report, return the exit code.

    `keys` are PEM files or folders of them. `level` is what is demanded; None goes as deep as
    it gets and demands digests and signatures. Raises ConfigurationError for unusable keys.
    """
    report = examine(file, load_trust(keys, store_key, witness_keys, tsa_roots), level)
    if as_json:
        print(json.dumps(report.record(), indent=2, ensure_ascii=False))
    else:
        print("\n".join(report.lines(language)))
    return report.exit_code


def examine(file: Path, trust: Trust, level: Level | None = None) -> Report:
    """The report on a bundle's or a pack's file."""
    wanted = Level.signatures if level is None else level
    examination = Examination(trust, Level.re_judged if level is None else level)
    try:
        archive = open_archive(file.read_bytes())
        if MANIFEST_NAME in archive:
            pack = pack_of(archive)
            examination.pack(pack)
            return examination.report(str(file), "pack", pack.manifest.digest, wanted)
        bundle = bundle_of(archive)
        examination.bundle(bundle)
        return examination.report(str(file), "bundle", bundle.digest, wanted)
    except OSError as error:
        problem = Problem("file_unreadable", f"{error.strerror}")
    except SealError as error:
        problem = Problem.of(error)
    return Report(str(file), "unknown", Level.nothing, wanted, problems=(problem,))
