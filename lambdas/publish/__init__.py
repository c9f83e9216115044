"""The publish function."""
