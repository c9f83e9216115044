"""The product's own stacks on this machine: an emulator of AWS, a stand-in model, and bridges between."""
