"""One file per question, whose yes is good."""
