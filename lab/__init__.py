"""Devices for the demo, the tests and the benchmarks: real listeners that answer from tapes."""
