"""Writes docs/openapi.json anew: `python -m tests.write_openapi`."""

from __future__ import annotations

import json
from pathlib import Path

from store.openapi import description

if __name__ == "__main__":
    path = Path(__file__).parent.parent / "docs" / "openapi.json"
    path.write_text(json.dumps(description(), indent=1, ensure_ascii=False) + "\n", "utf-8")
