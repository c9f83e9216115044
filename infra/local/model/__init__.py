"""A deterministic stand-in for a language model: it reads instructions, reads the input, writes an answer."""
