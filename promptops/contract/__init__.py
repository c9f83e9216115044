"""What infrastructure and runtime agree on."""
