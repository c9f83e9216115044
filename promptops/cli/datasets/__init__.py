"""Case files people keep, as the JSON lines the line takes."""
