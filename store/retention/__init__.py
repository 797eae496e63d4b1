"""How long bytes are kept, what holds them longer, and how they are deleted: by two people, on
record. What was signed about them stays."""
