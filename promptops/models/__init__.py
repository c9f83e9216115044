"""Models beside Bedrock: endpoints that speak OpenAI's API, recorded runs, and who is asked what."""
