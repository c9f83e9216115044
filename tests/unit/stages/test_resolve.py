"""Promises of resolve: verified, never backwards, through outages."""

from __future__ import annotations

import threading

import pytest

from promptops.domain.artifact import Artifact, Message
from promptops.domain.errors import (
    ArtifactMissing,
    DigestMismatch,
    EndpointDown,
    InvalidPromptId,
    MalformedPointer,
    NotReleased,
    Revoked,
)
from promptops.domain.ledger import Head, next_release
from promptops.domain.people import Actor
from promptops.domain.pointer import Pointer
from promptops.domain.resolved import described
from promptops.stages.resolve import MAX_REFUSED, Resolver

TTL = 60.0
ALICE = Actor("iam", "arn:aws:iam::111122223333:user/alice")


def an_artifact(text: str = "Hello {{name}}") -> Artifact:
    from promptops.domain.variables import Variable

    return Artifact(
        "greeting", (Message("user", text),), {"id": "m", "provider": "bedrock"}, {"name": Variable()}
    )


class World:
    """Pointers, objects and records of one environment, with a clock that tests move."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pointer: str | None = None
        self.objects: dict[int, bytes] = {}
        self.released: set[int] = set()
        self.fault: Exception | None = None
        self.pointer_reads = 0

    def publish(self, version: int, text: str) -> Artifact:
        artifact = an_artifact(text)
        self.objects[version] = artifact.to_bytes()
        return artifact

    def release(self, version: int, revision: int, state: str = "live") -> None:
        artifact = self.publish(version, f"text {version} for {{{{name}}}}")
        self.pointer = Pointer(version, revision, artifact.digest(), state).to_text()  # type: ignore[arg-type]
        self.released.add(version)

    def resolver(self) -> Resolver:
        return Resolver(
            "prod",
            pointers=self,
            artifacts=_Artifacts(self),
            records=_Records(self),
            ttl_seconds=TTL,
            clock=lambda: self.now,
        )

    def read(self, prompt_id: str) -> str | None:
        self.pointer_reads += 1
        if self.fault:
            raise self.fault
        return self.pointer

    def expire(self) -> None:
        self.now += TTL * 1.3


class _Artifacts:
    def __init__(self, world: World) -> None:
        self.world = world

    def read(self, prompt_id: str, version: int, sha256: str) -> Artifact:
        if version not in self.world.objects:
            raise ArtifactMissing("gone", "")
        return Artifact.from_bytes(self.world.objects[version], sha256)


class _Records:
    def __init__(self, world: World) -> None:
        self.world = world

    def read(self, prompt_id: str, version: int):
        if version not in self.world.released:
            return None
        sha256 = an_artifact(f"text {version} for {{{{name}}}}").digest()
        head = Head(prompt_id, revision=version - 1)
        return next_release(
            head, version=version, sha256=sha256, kind="promote", actor=ALICE, reason="r", at="t", op_id="o"
        )


def test_the_live_version_is_served_and_then_remembered():
    world = World()
    world.release(1, 1)
    resolver = world.resolver()

    first, second = resolver.resolve("greeting"), resolver.resolve("greeting")

    assert (first.version, first.source, second.source) == (1, "aws", "memory")
    assert world.pointer_reads == 1
    assert first.prompt.render({"name": "Ann"}) == [{"role": "user", "content": "text 1 for Ann"}]


def test_a_new_release_is_seen_after_the_ttl():
    world = World()
    world.release(1, 1)
    resolver = world.resolver()
    resolver.resolve("greeting")
    world.release(2, 2)

    assert resolver.resolve("greeting").version == 1
    world.expire()
    assert resolver.resolve("greeting").version == 2


@pytest.mark.parametrize("fault", [EndpointDown("ssm", ""), MalformedPointer("x", ""), KeyError("messages")])
def test_an_outage_serves_the_last_known_good_and_says_so(fault):
    world = World()
    world.release(1, 1)
    resolver = world.resolver()
    resolver.resolve("greeting")
    world.fault = fault
    world.expire()

    stale = resolver.resolve("greeting")

    assert (stale.version, stale.stale) == (1, True)
    assert stale.problem is fault or stale.problem.code == "E_PROMPT_UNAVAILABLE"


def test_an_outage_is_asked_once_a_cooldown_and_recovers():
    world = World()
    world.release(1, 1)
    resolver = world.resolver()
    resolver.resolve("greeting")
    world.fault = EndpointDown("ssm", "")
    world.expire()
    for _ in range(100):
        resolver.resolve("greeting")
    assert world.pointer_reads == 2

    world.fault = None
    world.release(2, 2)
    world.now += 6
    assert resolver.resolve("greeting").version == 2


def test_a_deleted_pointer_is_never_a_command():
    world = World()
    world.release(1, 1)
    resolver = world.resolver()
    resolver.resolve("greeting")
    world.pointer = None
    world.expire()

    assert resolver.resolve("greeting").stale


def test_bytes_that_do_not_match_are_never_served():
    world = World()
    world.release(1, 1)
    resolver = world.resolver()
    resolver.resolve("greeting")
    world.release(2, 2)
    world.objects[2] = an_artifact("tampered {{name}}").to_bytes()
    world.expire()

    assert resolver.resolve("greeting").version == 1
    with pytest.raises(DigestMismatch):
        world.resolver().resolve("greeting")


def test_a_lower_revision_is_ignored_by_a_warm_process():
    world = World()
    world.release(2, 2)
    resolver = world.resolver()
    resolver.resolve("greeting")
    world.release(1, 1)
    world.expire()

    assert resolver.resolve("greeting").version == 2


def test_a_rollback_is_a_higher_revision_and_is_followed():
    world = World()
    world.release(2, 2)
    resolver = world.resolver()
    resolver.resolve("greeting")
    world.release(1, 3)
    world.expire()

    assert resolver.resolve("greeting").version == 1


def test_a_bare_pointer_needs_a_release_record_at_a_cold_start():
    world = World()
    world.release(3, 3)
    world.pointer = "v3"
    assert world.resolver().resolve("greeting").version == 3

    world.released.clear()
    with pytest.raises(NotReleased, match="v3, never released in prod"):
        world.resolver().resolve("greeting")


def test_a_whole_pointer_to_a_version_never_released_is_believed_by_nobody():
    world = World()
    world.release(1, 1)
    warm = world.resolver()
    warm.resolve("greeting")
    never = world.publish(2, "text 2 for {{name}}")
    world.pointer = Pointer(2, 99, never.digest()).to_text()
    world.expire()

    got = warm.resolve("greeting")

    assert (got.version, got.revision, got.stale) == (1, 1, True)
    with pytest.raises(NotReleased, match="v2, never released in prod"):
        world.resolver().resolve("greeting")
    world.release(3, 3)
    world.expire()
    assert warm.resolve("greeting").version == 3


def test_a_revoked_version_is_refused_also_by_a_warm_process():
    world = World()
    world.release(1, 1)
    resolver = world.resolver()
    resolver.resolve("greeting")
    world.release(1, 2, state="revoked")
    world.expire()

    with pytest.raises(Revoked):
        resolver.resolve("greeting")


def test_a_missing_prompt_is_not_asked_for_again_at_once():
    world = World()
    resolver = world.resolver()
    for _ in range(10):
        with pytest.raises(NotReleased, match="E_NOT_RELEASED: nothing of 'greeting' is released in prod"):
            resolver.resolve("greeting")

    assert world.pointer_reads == 1


def test_made_up_ids_do_not_fill_the_memory():
    world = World()
    resolver = world.resolver()
    for number in range(3 * MAX_REFUSED):
        with pytest.raises(NotReleased):
            resolver.resolve(f"made-up-{number}")
    for text in ("../x", "UPPER", ""):
        with pytest.raises(InvalidPromptId):
            resolver.resolve(text)

    assert len(resolver._refused) <= MAX_REFUSED
    assert not resolver._known


def test_thirty_two_threads_at_expiry_make_one_refresh():
    world = World()
    world.release(1, 1)
    resolver = world.resolver()
    resolver.resolve("greeting")
    world.expire()
    reading, go_on = threading.Event(), threading.Event()
    plain_read = world.read

    def slow_read(prompt_id: str) -> str | None:
        reading.set()
        assert go_on.wait(10)
        return plain_read(prompt_id)

    world.read = slow_read  # type: ignore[method-assign]
    versions: list[int] = []
    threads = [
        threading.Thread(target=lambda: versions.append(resolver.resolve("greeting").version))
        for _ in range(32)
    ]
    threads[0].start()
    assert reading.wait(10)
    for thread in threads[1:]:
        thread.start()
    for thread in threads[1:]:
        thread.join(10)
    assert versions == [1] * 31, "while one thread asks, the others are served from memory"
    go_on.set()
    threads[0].join(10)
    assert world.pointer_reads == 2


def test_the_description_renders_only_when_asked_to():
    world = World()
    world.release(1, 1)
    resolved = world.resolver().resolve("greeting")

    assert described(resolved, None)["messages"] == [{"role": "user", "content": "text 1 for {{name}}"}]
    assert described(resolved, {"name": "Ann"})["messages"] == [{"role": "user", "content": "text 1 for Ann"}]
