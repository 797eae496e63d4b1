"""The lifecycle catalogue as shipped: CSV rows in, one dated catalogue out."""

from __future__ import annotations
