"""What the house costs, as ratios to a peer that does the same job in the same run.

`python -m benchmarks [--only NAME] [--json]`. A benchmark is one module with `run()`; its sizes
are keyword arguments. Answers are checked against a truth known beforehand, and a wrong one
fails the run; a slow one never does. How each is measured: docs/benchmarks.md.
"""
