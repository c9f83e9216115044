"""The resolve function."""
