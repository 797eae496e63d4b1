"""What OPNsense and pfSense share: pf's order of deciding, and the words of their rules."""
