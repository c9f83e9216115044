from __future__ import annotations

import json

import pytest

from promptops.domain.errors import PromptOpsError, every_error
from promptops.domain.workflow_error import from_workflow


@pytest.mark.parametrize("leaf", list(every_error()))
def test_every_error_a_function_raises_comes_out_of_the_workflow_as_itself(leaf):
    raised = leaf("something is wrong", "Do this.")
    cause = json.dumps({"errorType": leaf.__name__, "errorMessage": str(raised), "stackTrace": []})

    error = from_workflow({"Error": leaf.__name__, "Cause": cause})

    assert type(error) is leaf
    assert str(error) == str(raised)
    assert (error.what, error.fix) == ("something is wrong", "Do this.")


@pytest.mark.parametrize("cause", ["boom", "", "[]", "null", '{"no": "message"}'])
def test_what_is_none_of_ours_says_so_in_words(cause):
    error = from_workflow({"Error": "States.Runtime", "Cause": cause})

    assert type(error) is PromptOpsError
    assert "States.Runtime" in str(error)
    assert "Traceback" not in str(error)
