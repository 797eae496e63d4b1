"""What Cisco's IOS, IOS XE, NX-OS and IOS XR have in common: inventories, spans, refusals."""
