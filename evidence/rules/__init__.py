"""One rule model: rules as exact sets with their names kept, and which of them are reached.

for one in lists(rules):
    for rule, found in zip(one, reach(one), strict=True): …
"""

from evidence.rules.match import Match, match_of
from evidence.rules.reach import Reach, State, lists, reach

__all__ = ["Match", "Reach", "State", "lists", "match_of", "reach"]
