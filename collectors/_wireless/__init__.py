"""What platforms of wireless networks share: IEEE's words, and what follows from them."""
