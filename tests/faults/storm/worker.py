"""One client of the run: publishes, promotes, rolls back, retires, resolves, and keeps what it is told."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import ModuleType

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from infra.local.instance import Instance
from promptops.aws.clock import SystemClock
from promptops.contract.answers import Unchanged
from promptops.contract.bodies import PromoteBody, RetireBody, RollbackBody
from promptops.contract.messages import Promoted
from promptops.domain.errors import EndpointDown, PromptOpsError, Unavailable, from_dict
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.request import new_id
from promptops.domain.source import PromptSource
from tests.e2e.calls import post
from tests.e2e.conftest import LocalAws
from tests.faults.injector import (
    Effect,
    Fault,
    answers,
    cancels,
    loses_the_reply,
    no_connection,
    times_out,
)
from tests.faults.storm.functions import Functions, shift_clock
from tests.faults.storm.history import NEVER, Journal, Operation, read_journal
from tests.faults.storm.plan import ENVIRONMENTS, MAX_SKEW_MINUTES, PROMPTS, Plan
from tests.unit.evidence import a_report
from tests.unit.fakes_release import FakeWorkflow

ALICE = Actor("iam", "arn:aws:iam::000000000000:user/alice")
CAROL = Actor("iam", "arn:aws:iam::000000000000:user/carol")
REASON = "storm"
CASES = "\n".join(
    json.dumps({"id": name, "vars": {"ticket": name}, "assert": [{"type": "contains", "value": name}]})
    for name in ("one", "two", "three", "four", "five")
)
CALLS = [
    ("dynamodb", "TransactWriteItems"),
    ("dynamodb", "GetItem"),
    ("ssm", "PutParameter"),
    ("ssm", "GetParameter"),
    ("s3", "GetObject"),
    ("s3", "PutObject"),
]
#: What a client may ask for, and how often in 100.
WORK = {"resolve": 45, "roll_back": 18, "promote": 28, "retire": 2, "repeat": 5, "through_the_api": 2}
FAULTY, DEADLY = 0.4, 0.06
MAX_REPEATED = 3

logger = logging.getLogger(__name__)


def work(plan: Plan, functions: Functions, worker: int, generation: int) -> None:
    """Until the time is over, or somebody kills the process."""
    sys.stderr = sys.stdout = plan.log(worker).open("a")
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR, force=True)
    Worker(plan, functions, worker, generation).run()


class Worker:
    def __init__(self, plan: Plan, functions: Functions, worker: int, generation: int) -> None:
        self._plan = plan
        self._rng = plan.rng(worker, generation)
        self._client = f"{worker}.{generation}"
        self._number = 0
        self._functions, self._injector = functions, functions.injector
        instance = Instance.load(plan.instance)
        assert instance
        self._aws = LocalAws(instance)
        shift_clock(self._rng.uniform(-MAX_SKEW_MINUTES, MAX_SKEW_MINUTES))
        random.seed(self._rng.random())
        before = plan.journal(worker)
        self._known = read_journal(before) if before.exists() else []
        self._journal = Journal(before)

    def run(self) -> None:
        for _ in range(MAX_REPEATED):
            self.repeat()
        tasks = [getattr(self, name) for name in WORK]
        while time.monotonic() < self._plan.until:
            (task,) = self._rng.choices(tasks, list(WORK.values()))
            task()

    def resolve(self) -> None:
        """All prompts of an environment, as an application does that uses several."""
        environment, _ = self._somewhere()
        for prompt_id in PROMPTS:
            self._resolve(environment, prompt_id)

    def _resolve(self, environment: str, prompt_id: str) -> None:
        def call() -> Mapping[str, object]:
            got = self._functions.resolvers[environment].resolve(prompt_id)
            return {"version": got.version, "revision": got.revision, "sha256": got.sha256}

        self._ask(self._asked("resolve", environment, prompt_id), call)

    def roll_back(self) -> None:
        environment, prompt_id = self._somewhere()
        self._roll_back(self._asked("rollback", environment, prompt_id, op_id=new_id("rollback")))

    def retire(self) -> None:
        environment, prompt_id = self._somewhere()
        self._retire(self._asked("retire", environment, prompt_id, op_id=new_id("retire")))

    def promote(self) -> None:
        """A version, mostly a new one, walked through the environments to its target."""
        target, prompt_id = self._somewhere()
        version = self._version(prompt_id)
        if not version:
            return
        line = self._functions.promote[target]
        try:
            body = PromoteBody(prompt_id, f"v{version}", REASON)
            made = line.make_request(body, ALICE, workflow=FakeWorkflow())
            if isinstance(made, Unchanged):
                return
            if line.promotion.begin(made.request_id).evidence == "missing":
                self._evaluate(PromptRef(prompt_id, version), line, target)
                line.promotion.begin(made.request_id)
        except PromptOpsError:
            return
        for environment in made.path:
            asked = self._asked(
                "promote", environment, prompt_id, op_id=f"{made.request_id}/{environment}", version=version
            )
            if self._promote(asked).outcome != "done":
                return
            if self._rng.random() < FAULTY / 4:
                self._promote(replace(asked, number=self._next()))

    def repeat(self) -> None:
        """Something that was asked for before, once more, as whoever got no answer does."""
        done = {one.op_id for one in self._known if one.outcome == "done"}
        open_ones = [one for one in self._known if one.op_id and one.op_id not in done]
        if not open_ones:
            return
        again = replace(
            self._rng.choice(open_ones[-MAX_REPEATED:]),
            client=self._client,
            number=self._next(),
            invoked=NEVER,
            answered=NEVER,
            outcome="unknown",
            revision=0,
            code="",
        )
        {"promote": self._promote, "rollback": self._roll_back, "retire": self._retire}[again.verb](again)

    def through_the_api(self) -> None:
        """The same rollback through the deployed API, or a request whose workflow the line itself walks."""
        environment, prompt_id = self._somewhere()
        if self._rng.random() < 0.3:
            body = {"prompt_id": prompt_id, "version": "v1", "reason": REASON}
            post(self._aws, f"/v1/{environment}/promote", body, signed_by="alice")
            return
        asked = self._asked("rollback", environment, prompt_id, op_id=new_id("rollback"))
        body = {"prompt_id": prompt_id, "reason": REASON, "op_id": asked.op_id}

        def call() -> Mapping[str, object]:
            try:
                answer = post(self._aws, f"/v1/{environment}/rollback", body, signed_by="carol")
            except OSError as error:
                raise EndpointDown(f"the API does not answer ({error})") from error
            if answer.status >= 300:
                error = answer.document.get("error")
                raise from_dict(error) if isinstance(error, dict) else Unavailable(f"{answer.status}")
            return {name: answer.document[name] for name in ("version", "revision", "unchanged")}

        self._ask(asked, call, faulty=False)

    def _promote(self, asked: Operation) -> Operation:
        line = self._functions.promote[asked.environment]
        request_id = asked.op_id.rpartition("/")[0]
        return self._ask(asked, lambda: _told(line.promotion.promote(request_id)))

    def _roll_back(self, asked: Operation) -> Operation:
        line = self._functions.promote[asked.environment]
        body = RollbackBody(asked.prompt_id, REASON, op_id=asked.op_id)
        return self._ask(asked, lambda: _told(line.roll_back(body, CAROL)))

    def _retire(self, asked: Operation) -> Operation:
        line = self._functions.promote[asked.environment]
        body = RetireBody(asked.prompt_id, REASON, asked.op_id)
        return self._ask(asked, lambda: _told(line.retire_here(body, CAROL)))

    def _ask(
        self, asked: Operation, call: Callable[[], Mapping[str, object]], *, faulty: bool = True
    ) -> Operation:
        fault = self._fault() if faulty else None
        asked = replace(asked, invoked=time.monotonic_ns(), fault=_described(fault))
        self._journal.write(asked)
        self._injector.set([fault] if fault else [])
        try:
            ended = replace(asked, outcome="done", **call())  # type: ignore[arg-type]
        except Unavailable as error:
            ended = replace(asked, code=error.code)
        except PromptOpsError as error:
            ended = replace(asked, outcome="refused", code=error.code)
        except Exception as error:
            logger.exception("%s", asked)
            ended = replace(asked, code=f"unexpected {type(error).__name__}")
        self._injector.heal()
        ended = replace(ended, answered=time.monotonic_ns())
        self._journal.write(ended)
        self._known.append(ended)
        return ended

    def _version(self, prompt_id: str) -> int:
        """A version with evidence: a new one, or one there was; 0 where that did not work out."""
        publish = self._functions.publish
        try:
            if self._rng.random() < 0.5:
                family = publish.registry.family(prompt_id)
                return self._rng.randint(1, family.latest) if family else 0
            asked = self._asked("publish", "", prompt_id)
            text = f"{self._client} says {asked.number} to {{{{ticket}}}}"
            return self._ask(asked, lambda: self._publish(prompt_id, text)).version
        except PromptOpsError:
            return 0

    def _publish(self, prompt_id: str, text: str) -> Mapping[str, object]:
        source = PromptSource.from_dict(
            {
                "prompt_id": prompt_id,
                "owner": "storm",
                "risk": "low",
                "rationale": REASON,
                "messages": [{"role": "user", "content": text}],
                "model": {"id": "some-model", "provider": "bedrock"},
                "variables": {"ticket": {"type": "string"}},
            }
        )
        record = self._functions.publish.publish_source(source, CASES, ALICE, (), "").record
        return {"version": record.ref.version, "sha256": record.sha256}

    def _evaluate(self, ref: PromptRef, line: ModuleType, target: str) -> None:
        """Evidence that passes beside what is live, as the evaluate function's role writes it."""
        registry, reports = self._functions.evidence
        record, head = registry.version(ref), line.ledgers[target].head(ref.prompt_id)
        live = (
            registry.version(PromptRef(head.prompt_id, head.version))
            if head.version and head.state == "live"
            else None
        )
        live = live if live and live.ref != ref else None
        report = a_report(record, live, evaluation_id=new_id("storm"), at=SystemClock().now(), beside=target)
        registry.link_evidence(ref, reports.store(report))

    def _asked(self, verb: str, environment: str, prompt_id: str, **more: object) -> Operation:
        return Operation(self._client, self._next(), verb, environment, prompt_id, NEVER, **more)  # type: ignore[arg-type]

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _somewhere(self) -> tuple[str, str]:
        (environment,) = self._rng.choices(ENVIRONMENTS, (4, 1))
        return environment, self._rng.choice(PROMPTS)

    def _fault(self) -> Fault | None:
        dice = self._rng.random()
        if dice > FAULTY:
            return None
        if dice < DEADLY / 2:
            # The worst there is: an old pointer lands late, and nobody is left who would look again.
            return Fault("ssm", "PutParameter", self._late("ssm", then=_dies))
        service, operation = self._rng.choice(CALLS)
        after = self._rng.random() < 0.5
        if dice < DEADLY:
            effect: Effect = _dies
        elif after:
            effect = self._rng.choice([loses_the_reply, times_out, answers("InternalServerError", 500)])
        else:
            effect = self._rng.choice([*self._refusals(operation), no_connection, self._late(service)])
        return Fault(
            service,
            operation,
            effect,
            moment="after" if after else "before",
            first=self._rng.choice([1, 1, 2]),
            times=self._rng.choice([1, 1, 3]),
        )

    def _refusals(self, operation: str) -> list[Effect]:
        throttled = answers("ThrottlingException")
        conflict = cancels("TransactionConflict")
        return [throttled, conflict] if operation == "TransactWriteItems" else [throttled]

    def _late(self, service: str, then: Effect | None = None) -> Effect:
        """The request is on its way for a while; what it carries may be old by then."""
        seconds = self._rng.uniform(0.1, 1.5)

        def late(request: AWSPreparedRequest) -> AWSResponse:
            time.sleep(seconds)
            answer = self._injector.arrives(service, request)
            return then(request) if then else answer

        return late


def _dies(request: AWSPreparedRequest) -> AWSResponse:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError(request.url)


def _told(done: Promoted) -> Mapping[str, object]:
    return {"version": done.version, "revision": done.revision, "unchanged": done.unchanged}


def _described(fault: Fault | None) -> str:
    if fault is None:
        return ""
    name = getattr(fault.effect, "__qualname__", "").split(".")[0].strip("_")
    return f"{fault.moment} {fault.service}:{fault.operation} {name}"
