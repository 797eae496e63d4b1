"""What a command line says of a device: one way of reading for many makers.

A platform's file names its asks and, for each, how the answer becomes rows (a TextFSM template of
ntc-templates, or patterns of its own) and what facts a row is. Everything else is here: asking,
refusals, layouts of other releases, one unit out of several answers.
"""

from __future__ import annotations

from collectors._cli.identity import STACK_MEMBER, Told, identity
from collectors._cli.maker import Maker
from collectors._cli.rows import Layout, Row, each, having, one, template
from collectors._cli.span import clocked_s, span_s
from collectors._cli.terminal import terminal

__all__ = [
    "STACK_MEMBER",
    "Layout",
    "Maker",
    "Row",
    "Told",
    "clocked_s",
    "each",
    "having",
    "identity",
    "one",
    "span_s",
    "template",
    "terminal",
]
