"""Lambda handlers: event in, stage, payload out."""
