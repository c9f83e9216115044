"""What the product is measured with; nothing of the product imports it."""
