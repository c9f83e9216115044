"""What applications import: `from promptops.client import PromptClient`."""

from promptops.client.prompt import Prompt
from promptops.client.prompt_client import PromptClient

__all__ = ["Prompt", "PromptClient"]
