"""The CDK app: two stacks, one installation."""

from __future__ import annotations

from aws_cdk import App

from infra.context import Context
from infra.line_stack import LineStack
from infra.state_stack import StateStack

app = App()
context = Context.of(app)
state = StateStack(app, context)
LineStack(app, context, state)
app.synth()
