"""The promote function."""
