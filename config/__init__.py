"""Shipped policy and examples, read through importlib.resources."""
