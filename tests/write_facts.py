"""Write the expected facts of a new tape, to be read and corrected by hand before they count.

`python -m tests.write_facts tests/cases/<platform>/<subject>.<case>.tape` never overwrites.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from evidence.facts import to_record
from evidence.tape import read_tape
from tests.test_cases import read_case


def main() -> None:
    for name in sys.argv[1:]:
        path = Path(name)
        expected = path.with_suffix(".facts.json")
        if expected.exists():
            print(f"{expected} exists and was left as it is")
            continue
        reading = read_case(read_tape(path), path.name.split(".")[0])
        content = (
            {"failure": reading.failure.code}
            if reading.failure
            else [to_record(fact) for fact in reading.facts]
        )
        expected.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
        print(f"{expected}: {len(content)} facts; read them before you commit them")


if __name__ == "__main__":
    main()
