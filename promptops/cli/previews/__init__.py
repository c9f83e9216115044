"""An evaluation of a folder from here: what it asks, how it runs, what it compares with."""
