"""One file a schema: v1, v2, …"""
