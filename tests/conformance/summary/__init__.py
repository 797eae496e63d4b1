"""How well the collectors agree with recordings of devices, set by set.

`python -m tests.conformance.summary DIR [--json] [--misses]` runs every set that a directory laid
out like the conformance data has, and counts: samples, samples that were refused, and values that
are right, wrong (we claim another) and missing (we claim none). Agreement is a figure and not a
proof: the other parsers err too, and each wrong value is to be looked at by hand.
"""
