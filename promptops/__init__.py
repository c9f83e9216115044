"""PromptOps: a prompt change as a controlled release."""
