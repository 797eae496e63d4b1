"""One file per platform: what to ask a device, and what its answers mean."""
