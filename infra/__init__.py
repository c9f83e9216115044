"""The stacks: one file for each noun of the product."""
