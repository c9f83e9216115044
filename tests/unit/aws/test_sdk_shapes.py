from __future__ import annotations

import boto3
import pytest

from promptops.aws.sdk_shapes import OutdatedSdk, knowing


def client():
    return boto3.client("s3", region_name="eu-west-1", aws_access_key_id="k", aws_secret_access_key="s")


def test_a_client_that_knows_the_parameters_is_handed_on():
    s3 = client()

    assert knowing(s3, "PutObject", "IfNoneMatch", "ChecksumAlgorithm") is s3


def test_a_missing_parameter_is_named():
    with pytest.raises(OutdatedSdk, match="s3:PutObject has no IfNobodyMinds in this SDK"):
        knowing(client(), "PutObject", "IfNoneMatch", "IfNobodyMinds")
