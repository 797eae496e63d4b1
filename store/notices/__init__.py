"""Notices: what somebody should hear of without opening the console, told once on each way."""
