"""The tags every resource carries."""

from __future__ import annotations

from importlib.metadata import version

from aws_cdk import Stack, Tags

from infra.context import Context

RELEASE = version("promptops")


def tag(stack: Stack, context: Context, part: str) -> None:
    """Mark all of a stack with the installation, the release that deployed it, and its part."""
    for name, value in (("installation", context.prefix), ("version", RELEASE), ("stack", part)):
        Tags.of(stack).add(f"promptops:{name}", value)
