"""The CDK app: two stacks, one installation."""

from __future__ import annotations

import sys

from aws_cdk import App

from infra.context import Context
from infra.context_values import InvalidContext
from infra.line_stack import LineStack
from infra.state_stack import StateStack

app = App()
try:
    context = Context.of(app)
except InvalidContext as error:
    sys.exit(f"E_CONTEXT: {error}. Correct it in cdk.json, or after -c.")
state = StateStack(app, context)
LineStack(app, context, state)
app.synth()
