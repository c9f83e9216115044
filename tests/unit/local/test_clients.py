"""What the local AWS sets up for itself does not depend on the shell it is called from."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.clients import root_client
from infra.local.instance import Instance


@pytest.mark.parametrize("left", ["gone", "broken"])
def test_a_profile_of_an_instance_that_is_gone_stops_nothing(
    left: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    files = tmp_path / "config", tmp_path / "credentials"
    for variable, file in zip(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), files, strict=True):
        monkeypatch.setenv(variable, str(file))
        if left == "broken":
            file.write_text("no section")
    monkeypatch.setenv("AWS_PROFILE", "alice")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://127.0.0.1:9")

    client = root_client(Instance("two", 4566, 2, 3, 4), "iam")

    assert client.meta.endpoint_url == "https://127.0.0.1:4566"
    assert client.meta.config.signature_version == "v4"
