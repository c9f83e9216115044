"""Graders an author brings along: they run here, in a process of their own, and never in the stack."""
