"""Each mitigation taken away on its own, in a copy of the tree: the test that guards it must turn red."""
