"""The hands: what asks devices, keeps the ledger, seals and pushes."""
