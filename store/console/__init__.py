"""The console: pages for engineers, supervisors and auditors. Server-rendered; htmx is a comfort.

Every address stands in `routes.py` with what it takes to be let in; `guard.py` decides it.
"""
