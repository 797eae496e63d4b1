"""The read model: months as the console shows them, made from the signed statements.

Everything here can be thrown away and made again (`evidence-store reindex`): what is true stands
in the log and the envelopes.
"""
