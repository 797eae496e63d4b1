"""Two parsers of YAML, the quick one and the careful one: what they make of a text is the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from evidence.yaml_text import load_yaml, loader_for

ROOT = Path(__file__).parent.parent
SHIPPED = sorted(ROOT.glob("config/**/*.yaml"))


def test_what_we_ship_is_the_same_to_both() -> None:
    assert len(SHIPPED) > 5
    for path in SHIPPED:
        text = path.read_text("utf-8")
        assert loader_for(text) is yaml.CSafeLoader
        assert load_yaml(text) == yaml.safe_load(text), path


def test_what_is_no_plain_value_is_refused() -> None:
    with pytest.raises(yaml.YAMLError):
        load_yaml("id: !!python/object/apply:os.system [id]")


@pytest.mark.parametrize("level", ["[", "{a: ", "- "])
def test_levels_without_end_are_an_error_and_no_crash(level: str) -> None:
    with pytest.raises(RecursionError):
        load_yaml(level * 6_000)
    assert load_yaml("[" * 900 + "]" * 900)
