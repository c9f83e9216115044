"""Many processes that release the same prompts while some are killed; then a look at what is left."""
