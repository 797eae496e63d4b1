"""Tests of the whole house; run with `make test`."""
