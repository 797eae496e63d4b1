"""People: accounts, what they may do where, and the sessions they log in to."""
