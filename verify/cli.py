"""evidence-verify: checks a bundle or a pack without agent, store, network or account.

Needs Python and `cryptography`, and `rfc3161-client` for time stamps; with the collectors beside
it, it also reads the captures again. Plain argparse: an examiner has nothing more to install.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from evidence.errors import EvidenceError
from verify.command import verify_file
from verify.report import Level

_LEVELS = {level.word: level for level in Level if level}


def main() -> None:
    """Run the command line. Exit 0 good, 1 evidence fails, 2 unreadable, 3 policy not met."""
    parser = argparse.ArgumentParser(prog="evidence-verify", description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path, help="a bundle or a pack (ZIP)")
    parser.add_argument(
        "--keys", type=Path, nargs="+", default=[], metavar="PEM|DIR", help="public keys you trust"
    )
    parser.add_argument("--store-key", type=Path, metavar="PEM", help="the store's public key")
    parser.add_argument(
        "--witness-keys",
        type=Path,
        nargs="+",
        default=[],
        metavar="PEM|DIR",
        help="public keys of witnesses of the store's log",
    )
    parser.add_argument(
        "--tsa-roots",
        type=Path,
        metavar="PEM",
        help="root certificates of the time-stamping authority",
    )
    parser.add_argument(
        "--level", choices=_LEVELS, help="demand this level; without it, as deep as it gets"
    )
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.add_argument("--language", choices=("en", "zh"), default=_language())
    chosen = parser.parse_args()
    try:
        code = verify_file(
            chosen.file,
            chosen.keys,
            store_key=chosen.store_key,
            witness_keys=chosen.witness_keys,
            tsa_roots=chosen.tsa_roots,
            level=_LEVELS[chosen.level] if chosen.level else None,
            as_json=chosen.json,
            language=chosen.language,
        )
    except EvidenceError as error:
        # A key that cannot be used: nothing was said about the file.
        print(f"evidence-verify: {error}", file=sys.stderr)
        code = 3
    raise SystemExit(code)


def _language() -> str:
    return "zh" if os.environ.get("LANG", "").startswith("zh") else "en"


if __name__ == "__main__":
    main()
