"""The `promptops` command."""
