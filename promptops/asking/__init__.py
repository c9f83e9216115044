"""How models are asked: at what pace, how often again, and for how much."""
