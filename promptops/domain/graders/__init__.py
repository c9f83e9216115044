"""What assertions check: one file a grader, one line each in the table."""
