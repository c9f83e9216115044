"""Verbs: the steps a prompt travels through, each over ports."""
