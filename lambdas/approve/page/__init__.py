"""Pure functions that make the approval pages."""
