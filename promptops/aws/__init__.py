"""Adapters: the only library code that knows AWS."""
