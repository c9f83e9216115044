"""The approve function."""
