"""How an interactive command line is entered, read through its pager, and left."""

from __future__ import annotations

from evidence.ask import Ask, Session

# What pagers write, of the makers read here; a blank goes on.
PAGER = r" ?-{2,}\s?[Mm][Oo][Rr][Ee].*|<--- More --->|--More--.*|Press any key .*|\[More\].*"


def terminal(
    *login: str, logout: str = "exit", prompt: str = r"[\w.\-/:@() ~*\[\]<]+[>#$%\]] ?"
) -> Session:
    """The session of a platform: `login` are the lines that stop its pager for the session.

    No such line is needed where the pager is answered; none may outlive the session.
    """
    lines = tuple(Ask(line.replace(" ", "_"), line) for line in login)
    return Session(prompt=prompt, login=lines, logout=(Ask("logout", logout),), pager=PAGER)
