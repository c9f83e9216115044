"""A report as people and pipelines read it: one file a form."""
