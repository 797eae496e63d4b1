"""The small verifier an examiner gets."""
