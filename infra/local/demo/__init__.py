"""`make demo`: the whole line on this machine, told as a story."""
