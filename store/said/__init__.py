"""What people answer and sign about a month, and keeping it."""
