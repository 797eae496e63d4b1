"""A reading names the code that made it: a platform's files, and all that it shares."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from evidence.replay import source_digest

FILES = {
    "__init__.py": "",
    "alone.py": "",
    "file.py": "from readers._near.x import Y\n",
    "folder/__init__.py": "from readers.folder._own import Z\n",
    "folder/_own.py": "from readers.file import Y\nZ = 1\n",
    "_near/__init__.py": "",
    "_near/x.py": "from readers._far.y import Y\n",
    "_far/__init__.py": "",
    "_far/y.py": "Y = 1\n",
    "_other/__init__.py": "",
}


@pytest.fixture
def readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tmp_path / "readers"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield root
    for name in [one for one in sys.modules if one.split(".")[0] == "readers"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("platform", "changed", "counts"),
    [
        ("file", "file.py", True),
        ("file", "_near/x.py", True),
        ("file", "_far/y.py", True),  # what is shared shares itself
        ("file", "_other/__init__.py", False),
        ("file", "alone.py", False),
        ("folder", "folder/_own.py", True),
        ("folder", "file.py", True),
        ("folder", "_far/y.py", True),
        ("folder", "_other/__init__.py", False),
        ("alone", "_far/y.py", False),
    ],
)
def test_a_digest_changes_with_every_file_it_stands_for(
    readers: Path, platform: str, changed: str, counts: bool
) -> None:
    module = import_module(f"readers.{platform}")
    before = source_digest(module)
    with (readers / changed).open("a") as file:
        file.write("# edited\n")
    assert (source_digest(module) != before) == counts
