"""The same assertions over the same outputs, judged by promptfoo and by us."""
