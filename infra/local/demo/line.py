"""The story: what alice, bob, carol and an application do with the line."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from infra.local.checkout import ROOT
from infra.local.clients import root_client
from infra.local.demo.browser import browser
from infra.local.demo.people import Person, UnexpectedEnd
from infra.local.demo.story import Story
from infra.local.environment import as_person
from infra.local.instance import Instance

PROMPTS = ROOT / "prompts"
TICKET = "Checkout times out for every customer since the deploy at 14:05; the database pool is exhausted."
QUESTION = "The blender arrived broken yesterday. Can I get my money back?"
WAIT_SECONDS = 60
T = TypeVar("T")
EVALUATION_FAILED = 7


def walk(story: Story, instance: Instance) -> None:
    """Tell the whole story; raises UnexpectedEnd where it goes another way."""
    alice, bob, carol, application = (
        Person(name, as_person(instance, name)) for name in ("alice", "bob", "carol", "dave")
    )
    with TemporaryDirectory() as folder:
        prompts = Path(shutil.copytree(PROMPTS, Path(folder) / "prompts"))
        _first_release(story, alice, application, prompts)
        _worse_version(story, alice, application, prompts)
        _better_version(story, alice, application, prompts)
        _high_risk(story, alice, bob, application, prompts, instance)
    _observed(story, application, instance)
    _rolled_back(story, carol, application)


def _first_release(story: Story, alice: Person, application: Person, prompts: Path) -> None:
    folder = str(prompts / "support-ticket")
    with story.step("validate") as step:
        checked = alice.types("validate", folder).document
        step.ended("support-ticket is ready to publish", cases=checked["cases"])
    _publish(story, alice, folder)
    with story.step("evaluate") as step:
        report = alice.types("evaluate", "support-ticket@v1").document["report"]
        step.ended(
            f"{report['verdict']} with {report['score']:.2f}: evidence for exactly these bytes",
            cases=len(report["cases"]),
            evaluation=report["evaluation_id"],
        )
    _promote(story, alice, "support-ticket@v1", "first release")
    _resolve(story, application, "support-ticket", expect="v1", variable=f"ticket={TICKET}")


def _worse_version(story: Story, alice: Person, application: Person, prompts: Path) -> None:
    folder = prompts / "support-ticket"
    system = folder / "system.md"
    original = system.read_text(encoding="utf-8")
    system.write_text("You are a support triage assistant. Tell what you think.\n", encoding="utf-8")
    _publish(story, alice, str(folder), "without its output format")
    with story.step("promote") as step:
        refused = alice.types(
            "promote", "support-ticket@v2", "--to", "prod", "--reason", "friendlier", expect=EVALUATION_FAILED
        ).document["error"]
        step.ended(
            f"refused by evaluation: {refused['what'].partition(';')[0]}",
            code=refused["code"],
            request=refused["data"].get("request_id", ""),
        )
    _resolve(story, application, "support-ticket", expect="v1", variable=f"ticket={TICKET}")
    system.write_text(original, encoding="utf-8")


def _better_version(story: Story, alice: Person, application: Person, prompts: Path) -> None:
    folder = prompts / "support-ticket"
    metadata = folder / "prompt.yaml"
    text = metadata.read_text(encoding="utf-8")
    metadata.write_text(text.replace("max_tokens: 600", "max_tokens: 500"), encoding="utf-8")
    _publish(story, alice, str(folder), "with a smaller token budget")
    with story.step("evaluate") as step:
        report = alice.types("evaluate", "support-ticket@v3", "--against", "prod").document["report"]
        comparison = report["comparison"]
        step.ended(
            f"{report['verdict']}: {comparison['difference']:+.2f} beside v{report['baseline']['version']}, "
            f"which is live, over {comparison['pairs']} cases",
            newly_failed=len(comparison["newly_failed"]),
            interval=f"{comparison['low']:+.2f} to {comparison['high']:+.2f}",
        )
    _promote(story, alice, "support-ticket@v3", "cheaper answers of the same quality")
    _resolve(story, application, "support-ticket", expect="v3", variable=f"ticket={TICKET}")


def _high_risk(
    story: Story, alice: Person, bob: Person, application: Person, prompts: Path, instance: Instance
) -> None:
    _publish(story, alice, str(prompts / "refund-policy"))
    with story.step("promote") as step:
        requested = alice.types(
            "promote", "refund-policy@v1", "--to", "prod", "--reason", "refunds by policy", "--no-wait"
        ).document
        approval = _until("the approval to wait", lambda: _waiting(bob, requested["request_id"]))
        step.ended(
            "high risk: evaluated, released in dev and staging, waits for another person before prod",
            request=requested["request_id"],
            approval=approval["approval_id"],
        )
    with story.step("approve") as step:
        name = _approve_on_the_page(instance, approval["page"])
        step.ended(f"bob signed in and approved on the page ({name})", approval=approval["approval_id"])
    with story.step("promote") as step:
        followed = alice.types("show", "--request", requested["request_id"], "--follow").document
        live = followed["live"][-1]
        step.ended("the workflow went on and moved prod", version=live["version"], revision=live["revision"])
    _resolve(story, application, "refund-policy", expect="v1", variable=f"question={QUESTION}")


def _observed(story: Story, application: Person, instance: Instance) -> None:
    with story.step("observe") as step:
        for latency in (640, 710, 820):
            application.types(
                "observe",
                "support-ticket",
                "--env",
                "prod",
                "--latency-ms",
                str(latency),
                "--tokens",
                "310",
                "--cost-usd",
                "0.0004",
                "--quality",
                "1",
            )
        uses = _until("the metrics to arrive", lambda: _uses_counted(instance))
        step.ended("metrics by environment, prompt and version in CloudWatch", uses=uses, version="v3")


def _rolled_back(story: Story, carol: Person, application: Person) -> None:
    with story.step("roll back") as step:
        done = carol.types(
            "rollback", "support-ticket", "--env", "prod", "--reason", "wrong severities"
        ).document
        step.ended(
            f"carol, on call, went back from v{done['from_version']} to v{done['version']}",
            revision=done["revision"],
        )
    _resolve(story, application, "support-ticket", expect="v1", variable=f"ticket={TICKET}")
    with story.step("history") as step:
        rows = carol.types("history", "support-ticket", "--env", "prod").document["releases"]
        told = ", ".join(f"r{row['revision']} {row['kind']} v{row['version']}" for row in reversed(rows))
        step.ended(f"who, when, from, to and why of every release: {told}")


def _publish(story: Story, alice: Person, folder: str, note: str = "") -> None:
    with story.step("publish") as step:
        made = alice.types("publish", folder).document
        step.ended(
            f"{made['prompt_id']} {made['version']} {made['outcome']} {note}".rstrip(),
            sha256=made["sha256"][:12],
            bytes=made["size_bytes"],
        )


def _promote(story: Story, alice: Person, version: str, reason: str) -> None:
    with story.step("promote") as step:
        done = alice.types("promote", version, "--to", "prod", "--reason", reason).document
        way = " → ".join(live["environment"] for live in done["live"])
        step.ended(
            f"{version} released: {way}",
            request=done["request"]["request_id"],
            revision=done["live"][-1]["revision"],
        )


def _resolve(story: Story, application: Person, prompt_id: str, *, expect: str, variable: str) -> None:
    with story.step("resolve") as step:
        got = application.types("resolve", prompt_id, "--env", "prod", "--var", variable).document
        if got["version"] != expect:
            raise UnexpectedEnd(f"the application got {prompt_id} {got['version']}, expected {expect}")
        step.ended(
            f"the application gets {prompt_id} {got['version']}, {len(got['messages'])} messages rendered",
            revision=got["revision"],
            sha256=got["sha256"][:12],
        )


def _waiting(person: Person, request_id: str) -> dict[str, str] | None:
    found = person.types("approvals").document["approvals"]
    return next((approval for approval in found if approval["request_id"] == request_id), None)


def _approve_on_the_page(instance: Instance, page: str) -> str:
    with browser(instance.certificate) as bob:
        bob.open(page)
        bob.press("Sign in")
        bob.fill("username", "bob@example.com")
        bob.fill("password", instance.passwords["bob@example.com"])
        bob.press("Sign in")
        bob.fill("comment", "Rules and wording checked against the policy.")
        bob.fill("confirmation", "refund-policy@v1")
        bob.screenshot(ROOT / "build" / "approval.png")
        bob.press("Approve")
        if "Approved" not in bob.text() and "Released" not in bob.text():
            raise UnexpectedEnd(f"the page says: {bob.text()[:500]}")
        return bob.name


def _uses_counted(instance: Instance) -> int:
    """Uses of the live version that CloudWatch knows of; 0 until all have arrived."""
    cloudwatch = root_client(instance, "cloudwatch")
    now = datetime.now(UTC)
    points = cloudwatch.get_metric_statistics(
        Namespace="prompt-ops",
        MetricName="Latency",
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["SampleCount"],
        Dimensions=[
            {"Name": "environment", "Value": "prod"},
            {"Name": "prompt_id", "Value": "support-ticket"},
            {"Name": "version", "Value": "v3"},
        ],
    )["Datapoints"]
    counted = int(sum(point["SampleCount"] for point in points))
    return counted if counted >= 3 else 0


def _until(what: str, look: Callable[[], T | None]) -> T:
    """What `look` gives as soon as it gives something; raises UnexpectedEnd after a minute."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise UnexpectedEnd(f"waited {WAIT_SECONDS} s for {what}")
