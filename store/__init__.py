"""Custody: takes signed bundles in and gives them back."""
