"""Anything anybody may do to an installation, in any order and with any fault; and what always holds.

The rules are what people, pipelines, applications, the schedule and accidents do. The invariants are looked
at after every one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from promptops.contract.messages import Promoted
from promptops.domain.errors import MalformedPointer, PromptOpsError
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import GENESIS, Head, Release
from promptops.domain.people import Actor
from promptops.domain.pointer import Pointer, parse_pointer
from promptops.domain.version import VersionRecord
from tests.faults.system import Client, Died, Fault, Laboratory, Service, System, Used

#: A value of a variable that must never be found anywhere but in what is sent to the model.
CANARY = "canary-7f3a-"
DIED = "died"
GONE = ("E_RETIRED", "E_REVOKED")
TTLS = (0.0, 30.0, 300.0)
COOLDOWN_SECONDS = 5.0
Place = tuple[str, str]

ANY = st.integers(0, 11)
#: Most of what happens is about the first prompt.
WHERE = st.integers(0, 7)
VERBS = st.sampled_from(("promote", "roll back", "reconcile", "revoke", "publish", "the same"))
RACES = st.builds(Fault, kind=st.just("meanwhile"), at=st.integers(1, 8), meanwhile=VERBS)
FAULTS = st.one_of(
    st.none(),
    RACES,
    st.builds(Fault, kind=st.sampled_from(("crash", "lost reply", "throttled")), at=st.integers(1, 16)),
)
#: What a hand may leave in Parameter Store.
FORMS = st.sampled_from(("bare", "unknown", "malformed", "old", "gone"))
NAMES = st.sampled_from(("alice", "bob", "carol"))


@dataclass(frozen=True)
class Seen:
    """All that can be looked at, at one moment."""

    heads: Mapping[Place, Head]
    releases: Mapping[Place, tuple[Release, ...]]
    pointers: Mapping[Place, str | None]
    versions: Mapping[PromptRef, VersionRecord]
    frozen: frozenset[str]

    @property
    def revoked(self) -> frozenset[PromptRef]:
        return frozenset(ref for ref, record in self.versions.items() if record.revoked_reason)


@dataclass(frozen=True)
class Step:
    """One rule and what became of it; `code` is empty when it went well."""

    what: str
    place: Place | None
    code: str
    value: Any
    fault: Fault | None
    before: Seen
    after: Seen

    @property
    def new(self) -> dict[Place, tuple[Release, ...]]:
        """The releases that were made."""
        return {
            place: rows[len(self.before.releases[place]) :] for place, rows in self.after.releases.items()
        }


@dataclass
class Heard:
    """What one client knows of one prompt: the highest revision, and whether it was told of its end."""

    revision: int = 0
    ever: bool = False
    gone: bool = False


@dataclass(frozen=True)
class Use:
    client: int
    environment: str
    prompt_id: str
    ticket: str
    got: Used | None
    code: str
    before: Heard
    now: float


@dataclass(frozen=True)
class Operation:
    """A command with an id of its own, as it was first given."""

    verb: str
    place: Place
    reason: str
    to: int = 0


class ReleaseMachine(RuleBasedStateMachine):
    """Rules and invariants over any system; a subclass says which by `make`."""

    make: ClassVar[Callable[[], System | Laboratory]]
    #: How many releases there are at least before anything else happens.
    least_releases: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.system: System | Laboratory = type(self).make()
        self.places = [(env, prompt) for env in self.system.environments for prompt in self.system.prompts]
        self.digests: dict[PromptRef, str] = {}
        self.requests: list[str] = []
        self.operations: dict[str, Operation] = {}
        self.clients: list[Client] = []
        self.heard: dict[tuple[int, str], Heard] = {}
        self.out: set[Service] = set()
        self.well_since = self.system.now()
        self.pointer_since: dict[Place, float] = {}
        self.tampered: set[Place] = set()
        self.settled: dict[Place, tuple[float, frozenset[int]]] = {}
        self.contents = 0
        self.uses = 0
        #: What clients got since the last rule began.
        self.used: list[Use] = []
        self.seen = self._look()
        self.step = Step("start", None, "", None, None, self.seen, self.seen)

    def teardown(self) -> None:
        try:
            self.no_variable_is_kept_anywhere()
        finally:
            self.system.close()

    def can(self, capability: str) -> bool:
        return capability in self.system.capabilities

    @initialize(versions=st.integers(0, 3), high=st.booleans())
    def begin(self, versions: int, high: bool) -> None:
        """An installation that has been used already."""
        prompt_id, last = self.system.prompts[0], self.system.environments[-1]
        for _ in range(max(versions, self.least_releases)):
            self.contents += 1
            ref = self.system.publish(prompt_id, self.contents, "high" if high else "low")
            self.system.promote(ref, last, "alice")
        self._do("begin", None, lambda: None)
        for environment in self.system.environments:
            self.clients.append(self.system.client(environment, TTLS[1]))

    # ---- what people and pipelines do

    @rule(prompt=WHERE, fault=FAULTS, high=st.booleans(), same=st.booleans())
    def publish(self, prompt: int, fault: Fault | None, high: bool, same: bool) -> None:
        if not same:
            self.contents += 1
        prompt_id, content = self._prompt(prompt), self.contents
        self._do(
            "publish",
            None,
            lambda: self.system.publish(prompt_id, content, "high" if high else "low"),
            fault,
        )

    @rule(prompt=WHERE, version=ANY, good=st.booleans(), other_bytes=st.booleans())
    def evaluate(self, prompt: int, version: int, good: bool, other_bytes: bool) -> None:
        ref = self._version(prompt, version)
        if ref and self.can("evidence"):
            self._do(
                f"evaluate {ref} {'well' if good else 'badly'}{' other bytes' if other_bytes else ''}",
                None,
                lambda: self.system.evaluate(ref, good=good, other_bytes=other_bytes),
            )

    @rule(where=WHERE, fault=FAULTS, high=st.booleans())
    def publish_and_promote(self, where: int, fault: Fault | None, high: bool) -> None:
        place = self._place(where)
        self.contents += 1
        content, risk = self.contents, "high" if high else "low"
        before = set(self.seen.versions)
        self._do("publish", None, lambda: self.system.publish(place[1], content, risk))  # type: ignore[arg-type]
        for ref in set(self.seen.versions) - before:
            self._promote(ref, place, "alice", fault)

    @rule(where=WHERE, version=ANY, by=NAMES, fault=FAULTS)
    def promote(self, where: int, version: int, by: Any, fault: Fault | None) -> None:
        place = self._place(where)
        ref = self._version(where, version)
        if ref:
            self._promote(ref, place, by, fault)

    @precondition(lambda self: self.can("approvals"))
    @rule(where=WHERE, version=ANY, by=NAMES)
    def ask(self, where: int, version: int, by: Any) -> None:
        environment = self._place(where)[0]
        ref = self._version(where, version)
        if ref:
            step = self._do(
                f"ask for {ref} in {environment}", None, lambda: self.system.ask(ref, environment, by)
            )
            if step.value:
                self.requests.append(step.value)

    @precondition(lambda self: self.requests)
    @rule(which=ANY, where=WHERE, by=NAMES, approve=st.booleans(), fault=FAULTS, go_on=st.booleans())
    def decide(
        self, which: int, where: int, by: Any, approve: bool, fault: Fault | None, go_on: bool
    ) -> None:
        request_id, environment = self._request(which), self._place(where)[0]
        if go_on:
            self._do("carry on", None, lambda: self.system.carry_on(request_id))
        self._do(
            f"{by} decides {'yes' if approve else 'no'} in {environment}",
            None,
            lambda: self.system.decide(request_id, environment, by, approve=approve),
            fault,
        )
        if go_on:
            self._do("carry on", None, lambda: self.system.carry_on(request_id))

    @precondition(lambda self: self.requests)
    @rule(which=ANY, fault=FAULTS)
    def carry_on(self, which: int, fault: Fault | None) -> None:
        request_id = self._request(which)
        self._do("carry on", None, lambda: self.system.carry_on(request_id), fault)

    @rule(where=WHERE, to=ANY, named=st.booleans(), fault=FAULTS)
    def roll_back(self, where: int, to: int, named: bool, fault: Fault | None) -> None:
        place = self._place(where)
        version = (to % 6) + 1 if named else 0
        self._operate(Operation("roll back", place, "it is worse", version), fault)

    @rule(where=WHERE, fault=FAULTS)
    def retire(self, where: int, fault: Fault | None) -> None:
        self._operate(Operation("retire", self._place(where), "nobody uses it"), fault)

    @rule(where=WHERE, fault=FAULTS)
    def drill(self, where: int, fault: Fault | None) -> None:
        place = self._place(where)
        op_id = self._new_op_id()
        self.operations[op_id] = Operation("drill", place, "practice")
        self._do(
            "drill",
            place,
            lambda: self.system.drill(place[1], place[0], op_id=op_id, reason="practice"),
            fault,
        )

    @rule(prompt=WHERE, version=ANY, fault=FAULTS)
    def revoke(self, prompt: int, version: int, fault: Fault | None) -> None:
        ref = self._version(prompt, version)
        if ref:
            self._do(f"revoke {ref}", None, lambda: self.system.revoke(ref), fault)

    @rule(prompt=WHERE, version=ANY)
    def unrevoke(self, prompt: int, version: int) -> None:
        ref = self._version(prompt, version)
        if ref:
            self._do(f"unrevoke {ref}", None, lambda: self.system.unrevoke(ref))
            for place, (at, versions) in self.settled.items():
                if place[1] == ref.prompt_id:
                    self.settled[place] = (at, versions - {ref.version})

    @rule(where=WHERE, fault=FAULTS)
    def freeze(self, where: int, fault: Fault | None) -> None:
        environment = self._place(where)[0]
        self._do(f"freeze {environment}", None, lambda: self.system.freeze(environment), fault)

    @rule(where=WHERE)
    def unfreeze(self, where: int) -> None:
        environment = self._place(where)[0]
        self._do(f"unfreeze {environment}", None, lambda: self.system.unfreeze(environment))

    # ---- what seldom comes together by chance

    @precondition(lambda self: self.can("approvals"))
    @rule(where=WHERE, high=st.booleans(), good=st.booleans(), by=NAMES, decider=NAMES)
    def walk_a_release(self, where: int, high: bool, good: bool, by: Any, decider: Any) -> None:
        environment, prompt_id = self.system.environments[-1], self._prompt(where)
        self.contents += 1
        content, risk = self.contents, "high" if high else "low"
        ref = self._do("publish", None, lambda: self.system.publish(prompt_id, content, risk)).value  # type: ignore[arg-type]
        if not ref:
            return
        self._do("evaluate", None, lambda: self.system.evaluate(ref, good=good, other_bytes=False))
        request_id = self._do("ask", None, lambda: self.system.ask(ref, environment, by)).value
        if request_id:
            self.requests.append(request_id)
            self._do("carry on", None, lambda: self.system.carry_on(request_id))
            self._do(
                f"{decider} says yes to {by}",
                None,
                lambda: self.system.decide(request_id, environment, decider, approve=True),
            )
            self._do("carry on", None, lambda: self.system.carry_on(request_id))

    @precondition(lambda self: self.can("faults"))
    @rule(where=WHERE, race=RACES)
    def roll_back_in_a_race(self, where: int, race: Fault) -> None:
        self.publish_and_promote(where, None, False)
        self._operate(Operation("roll back", self._place(where), "it is worse"), race)

    @rule(where=WHERE, early=st.booleans())
    def promote_while_frozen(self, where: int, early: bool) -> None:
        if early and self.can("approvals"):
            self.ask(where, 11, "carol")
        self.freeze(where, None)
        self.publish_and_promote(where, None, False)
        if self.requests:
            self.carry_on(len(self.requests) - 1, None)
        self.roll_back(where, 0, False, None)

    @rule(where=WHERE, version=ANY, revoke=st.booleans(), form=FORMS)
    def a_withdrawn_prompt_comes_back(self, where: int, version: int, revoke: bool, form: str) -> None:
        place = self._place(where)
        if not revoke:
            self.retire(where, None)
        for release in self.seen.releases[place] if revoke else ():
            ref = PromptRef(place[1], release.version)
            self._do(f"revoke {ref}", None, lambda ref=ref: self.system.revoke(ref))  # type: ignore[misc]
        self.a_changed_pointer_is_met_by_everybody(where, version, form, False)

    # ---- what the schedule does

    @rule(where=WHERE, fault=FAULTS)
    def reconcile(self, where: int, fault: Fault | None) -> None:
        environment = self._place(where)[0]
        self._do(f"reconcile {environment}", None, lambda: self.system.reconcile(environment), fault)

    @rule(where=WHERE)
    def all_is_well_and_reconcile(self, where: int) -> None:
        self._recover()
        environment = self._place(where)[0]
        self._do(f"quietly reconcile {environment}", None, lambda: self.system.reconcile(environment))
        self.a_quiet_pass_puts_everything_right(environment)
        now = self.system.now()
        for place in self.places:
            if place[0] == environment:
                self.tampered.discard(place)
                revoked = {ref.version for ref in self.seen.revoked if ref.prompt_id == place[1]}
                self.settled[place] = (now, frozenset(revoked))
        self.system.tick(1)

    @rule(seconds=st.sampled_from((1.0, 10.0, 61.0, 400.0, 7200.0)))
    def tick(self, seconds: float) -> None:
        if self.can("time"):
            note(f"{seconds} s pass")
            self.system.tick(seconds)

    # ---- what goes wrong

    @rule(where=WHERE, version=ANY, form=FORMS)
    def change_the_pointer_by_hand(self, where: int, version: int, form: str) -> None:
        place = self._place(where)
        releases = self.seen.releases[place]
        text = {"bare": f"v{(version % 6) + 1}", "unknown": "v99", "malformed": "v1 ", "gone": ""}.get(form)
        if form == "old":
            if not releases:
                return
            text = releases[version % len(releases)].head().pointer().to_text()
        assert text is not None
        self.tampered.add(place)
        self.settled.pop(place, None)
        environment, prompt_id = place
        if form == "gone":
            self._do("delete by hand", place, lambda: self.system.delete_by_hand(environment, prompt_id))
        else:
            self._do(
                f"put {text} by hand", place, lambda: self.system.put_by_hand(environment, prompt_id, text)
            )

    @rule(where=WHERE, version=ANY, form=FORMS, cold=st.booleans())
    def a_changed_pointer_is_met_by_everybody(self, where: int, version: int, form: str, cold: bool) -> None:
        """Everybody has looked before, and looks again; with `cold`, somebody for the first time."""
        self.everybody_uses_a_prompt(where, 400.0)
        self.change_the_pointer_by_hand(where, version, form)
        if cold:
            self.start_a_client(where, 0.0)
        self.everybody_uses_a_prompt(where, 400.0)

    @precondition(lambda self: self.can("outages"))
    @rule(service=st.sampled_from(("dynamodb", "ssm", "s3", "states")))
    def outage(self, service: Service) -> None:
        note(f"{service} is down")
        self.out.add(service)
        self.system.outage(service)

    @precondition(lambda self: self.out)
    @rule()
    def recover(self) -> None:
        note("all services are up")
        self._recover()

    # ---- what applications do

    @rule(where=WHERE, ttl=st.sampled_from(TTLS))
    def start_a_client(self, where: int, ttl: float) -> None:
        if len(self.clients) < 6:
            environment = self._place(where)[0]
            note(f"client {len(self.clients)} starts in {environment}, TTL {ttl} s")
            self.clients.append(self.system.client(environment, ttl))

    @precondition(lambda self: self.clients)
    @rule(which=ANY, prompt=WHERE)
    def use_a_prompt(self, which: int, prompt: int) -> None:
        self._use(which % len(self.clients), self._prompt(prompt))

    @precondition(lambda self: self.clients)
    @rule(prompt=WHERE, seconds=st.sampled_from((61.0, 400.0)))
    def everybody_uses_a_prompt(self, prompt: int, seconds: float) -> None:
        self.tick(seconds)
        for number in range(len(self.clients)):
            self._use(number, self._prompt(prompt))

    def _use(self, number: int, prompt_id: str) -> None:
        client = self.clients[number]
        before = self.heard.get((number, prompt_id), Heard())
        pointer = self.system.pointer(client.environment, prompt_id)
        self.uses += 1
        ticket, got, code = f"{CANARY}{self.uses}", None, ""
        try:
            got = client.use(prompt_id, ticket)
        except PromptOpsError as error:
            code = error.code
        after = Heard(before.revision, before.ever, before.gone)
        if got:
            after = Heard(max(got.revision, before.revision), ever=True)
        elif code in GONE:
            after = Heard(max(before.revision, _tombstone(pointer)), ever=before.ever, gone=True)
        self.heard[number, prompt_id] = after
        self.used.append(
            Use(number, client.environment, prompt_id, ticket, got, code, before, self.system.now())
        )
        note(f"client {number} of {client.environment} uses {prompt_id}: {got or code}")

    # ---- what always holds

    @invariant()
    def every_prompt_has_one_head_and_revisions_without_gaps(self) -> None:
        """I1. Revisions count 1, 2, 3 in each environment; the head is the newest, and old rows stay."""
        for place, releases in self.seen.releases.items():
            assert [row.revision for row in releases] == list(range(1, len(releases) + 1))
            assert self.seen.heads[place] == (releases[-1].head() if releases else Head(place[1]))
            before = self.step.before.releases[place]
            assert releases[: len(before)] == before

    @invariant()
    def our_code_writes_no_pointer_to_anything_uncommitted(self) -> None:
        """I2. Whatever our code put into Parameter Store was committed to the ledger before."""
        assert not self.system.forbidden_writes()

    @invariant()
    def every_release_is_an_audit_row_in_one_chain(self) -> None:
        """I3. As many rows as the head's revision; each sealed, chained, with actor, reason and own op_id."""
        for releases in self.seen.releases.values():
            chain = GENESIS
            for row in releases:
                assert (row.previous_chain, row.sealed()) == (chain, row)
                assert isinstance(row.actor, Actor)
                assert row.actor.identity
                assert row.reason
                chain = row.chain
            assert len({row.op_id for row in releases} - {""}) == len(releases)

    def a_quiet_pass_puts_everything_right(self, environment: str) -> None:
        """I4. After one undisturbed pass pointers are heads, proven and archived, and none is revoked."""
        step = self.step
        assert step.code == "", step.code
        assert step.value.errors == []
        for place in self.places:
            head = self.seen.heads[place]
            if place[0] != environment or not head.revision:
                continue
            ref = PromptRef(place[1], head.version)
            assert self.seen.pointers[place] == head.pointer().to_text()
            if head.state == "live":
                assert self.system.proven(environment, ref)
                assert ref not in self.seen.revoked
            for row in self.seen.releases[place]:
                assert self.system.archived(environment, row), f"{environment} {row} is not archived"

    @invariant()
    def whoever_is_told_that_the_pointer_follows_finds_it_there(self) -> None:
        """I4. `projected` is true only if the pointer is the head's now."""
        value = self.step.value
        if isinstance(value, Promoted) and value.projected and self.step.place:
            place = (value.environment, value.prompt_id)
            assert self.seen.pointers[place] == self.seen.heads[place].pointer().to_text()

    @invariant()
    def no_version_is_promoted_without_what_it_needs(self) -> None:
        """I5. Evidence of these bytes that passed, the order kept, and another's consent if high risk."""
        for (environment, prompt_id), releases in self.step.new.items():
            for row in releases:
                if row.kind != "promote":
                    continue
                record = self.seen.versions[PromptRef(prompt_id, row.version)]
                assert row.sha256 == record.sha256
                report = self.system.report(row)
                assert report is not None
                assert report.verdict == "pass"
                assert report.binding.content_sha256 == row.sha256
                position = self.system.environments.index(environment)
                if position:
                    lower = self.seen.releases[self.system.environments[position - 1], prompt_id]
                    assert (row.version, row.sha256) in {(item.version, item.sha256) for item in lower}
                left = self.seen.versions.get(PromptRef(prompt_id, row.from_version))
                high = "high" in (record.policy.risk, left.policy.risk if left else "low")
                if high and self.system.asks_approval(environment):
                    self._consented(environment, row)

    @invariant()
    def an_approval_is_used_once(self) -> None:
        """I6. No two releases rest on the same approval."""
        used = [row.approval_id for rows in self.seen.releases.values() for row in rows if row.approval_id]
        assert len(used) == len(set(used))

    @invariant()
    def served_bytes_are_those_of_a_release(self) -> None:
        """I7. What a client uses is, byte for byte, a version released in its environment, and its own."""
        for use, got in self._served():
            releases = self.seen.releases[use.environment, use.prompt_id]
            known = {
                (row.version, row.revision, row.sha256) for row in releases if row.head().state == "live"
            }
            assert (got.version, got.revision, got.sha256) in known
            assert got.bytes_sha256 == got.sha256
            assert use.ticket in got.text
            assert got.text.count(CANARY) == 1

    @invariant()
    def no_client_goes_back_to_a_lower_revision(self) -> None:
        """I8. Also after it was told that the prompt is retired or revoked."""
        for use, got in self._served():
            assert got.revision >= use.before.revision

    @invariant()
    def a_revoked_version_leaves_service(self) -> None:
        """I9. Nobody who looks after the reconciler has passed is served a version revoked before it."""
        for use, got in self._served():
            at, versions = self.settled.get((use.environment, use.prompt_id), (use.now, frozenset()))
            if got.read_at > at and not got.stale:
                assert got.version not in versions

    @invariant()
    def nothing_revoked_is_released(self) -> None:
        """I9. A version that was revoked before a command began is never what the command makes live."""
        for place, releases in self.step.new.items():
            for row in releases:
                if row.head().state == "live":
                    ref = PromptRef(place[1], row.version)
                    assert ref not in self.step.before.revoked or ref not in self.step.after.revoked

    @invariant()
    def a_freeze_stops_promotions_and_nothing_else(self) -> None:
        """No promotion while frozen; and who leaves a version is never told of a freeze."""
        for (environment, _), releases in self.step.new.items():
            if environment in self.step.before.frozen & self.step.after.frozen:
                assert "promote" not in {row.kind for row in releases}
        if self.step.what in ("roll back", "retire", "drill"):
            assert self.step.code != "E_FROZEN"

    @invariant()
    def a_command_about_one_prompt_leaves_the_others_alone(self) -> None:
        """The releases of other prompts are as they were."""
        step = self.step
        if step.place and not step.fault:
            assert not [place for place, rows in step.new.items() if rows and place[1] != step.place[1]]

    @invariant()
    def a_published_version_never_changes(self) -> None:
        """I11. Its digest stays, and its number is given to nothing else."""
        for ref, record in self.seen.versions.items():
            assert self.digests.setdefault(ref, record.sha256) == record.sha256
        assert set(self.digests) <= set(self.seen.versions)

    @invariant()
    def a_refused_command_changes_nothing(self) -> None:
        """I13. It says no and nothing happened; or it is committed, says so, and the reconciler ends it."""
        step = self.step
        if step.code in ("", DIED) or (step.fault and step.fault.kind != "throttled"):
            return
        if step.place and step.what in ("roll back", "retire"):
            assert not step.new[step.place]

    @invariant()
    def whoever_was_served_once_is_served(self) -> None:
        """I14. A client that had a prompt keeps it, whatever fails, until it is told that it is gone."""
        for use in self.used:
            if not use.got and use.before.ever and not use.before.gone:
                assert use.code in GONE

    @invariant()
    def what_is_live_reaches_every_client_within_its_ttl(self) -> None:
        """A client that can look sees the head, once its pointer has been there for the client's TTL."""
        for use, got in self._served():
            place = (use.environment, use.prompt_id)
            since = max(self.well_since, self.pointer_since.get(place, 0.0))
            head = self.seen.heads[place]
            settled = self.seen.pointers[place] == head.pointer().to_text() and not self.out
            patience = self.clients[use.client].ttl_seconds + COOLDOWN_SECONDS
            if settled and use.now - since > patience:
                assert got.revision == head.revision
                assert not got.stale

    def no_variable_is_kept_anywhere(self) -> None:
        """I15. What applications fill in is in no row, object, pointer or log line."""
        assert CANARY not in self.system.everything_kept()

    # ---- rules that are promises themselves

    @precondition(lambda self: self.operations and not self.out)
    @rule(which=ANY, other_reason=st.booleans())
    def the_same_operation_again(self, which: int, other_reason: bool) -> None:
        """I10. The same op_id gives the same release; with another body it is refused."""
        done = {row.op_id: row for rows in self.seen.releases.values() for row in rows}
        known = [op_id for op_id in self.operations if op_id in done]
        if not known:
            return
        op_id = known[which % len(known)]
        operation = self.operations[op_id]
        reason = "another reason" if other_reason else operation.reason
        step = self._call(op_id, operation, reason, None)
        assert not any(step.new.values())
        if other_reason:
            assert step.code == "E_IDEMPOTENCY_MISMATCH"
        else:
            assert step.code == ""
            assert step.value.revision == done[op_id].revision

    @rule(where=WHERE, to=ANY, no_s3=st.booleans())
    def go_back_in_an_emergency(self, where: int, to: int, no_s3: bool) -> None:
        """I12. With DynamoDB and Parameter Store up, one call goes back to any clean release."""
        place = self._place(where)
        releases = self.seen.releases[place]
        clean = sorted(
            {row.version for row in releases if PromptRef(place[1], row.version) not in self.seen.revoked}
        )
        if not clean or self.out & {"dynamodb", "ssm"}:
            return
        version = clean[to % len(clean)]
        if no_s3 and self.can("outages"):
            self.outage("s3")
        if not self._pointer_can_be_written(place):
            return
        step = self._operate(Operation("roll back", place, "incident", version), None)
        assert step.code == "", step.code
        assert (self.seen.heads[place].version, self.seen.heads[place].state) == (version, "live")
        # The record of a promotion's head is made sure of before its pointer is written again.
        assert step.value.projected or (step.value.unchanged and "s3" in self.out)

    # ---- helpers

    def _new_op_id(self) -> str:
        return f"{self.system.name}-{len(self.operations)}"

    def _promote(self, ref: PromptRef, place: Place, by: Any, fault: Fault | None) -> None:
        self._do(f"promote {ref} to {place[0]}", place, lambda: self.system.promote(ref, place[0], by), fault)

    def _operate(self, operation: Operation, fault: Fault | None) -> Step:
        op_id = self._new_op_id()
        self.operations[op_id] = operation
        return self._call(op_id, operation, operation.reason, fault)

    def _call(self, op_id: str, operation: Operation, reason: str, fault: Fault | None) -> Step:
        environment, prompt_id = operation.place
        if operation.verb == "retire":
            return self._do(
                "retire",
                operation.place,
                lambda: self.system.retire(prompt_id, environment, op_id=op_id, reason=reason),
                fault,
            )
        return self._do(
            "roll back",
            operation.place,
            lambda: self.system.roll_back(
                prompt_id, environment, to=operation.to, op_id=op_id, reason=reason
            ),
            fault,
        )

    def _do(
        self, what: str, place: Place | None, command: Callable[[], Any], fault: Fault | None = None
    ) -> Step:
        self._check_uses()
        fault = fault if self.can("faults") else None
        before, code, value = self.seen, "", None
        try:
            if fault:
                with self.system.under(fault, lambda: self._meanwhile(fault, place, command)):
                    value = command()
            else:
                value = command()
        except Died:
            code = DIED
        except PromptOpsError as error:
            code = error.code
        self.seen = self._look()
        now = self.system.now()
        for changed in self.places:
            if before.pointers[changed] != self.seen.pointers[changed]:
                self.pointer_since[changed] = now
        self.step = Step(what, place, code, value, fault, before, self.seen)
        note(f"{what} {place or ''} {fault or ''}: {code or value or 'done'}")
        return self.step

    def _meanwhile(self, fault: Fault, place: Place | None, command: Callable[[], Any]) -> None:
        """Another command, undisturbed, about the same prompt where that has a meaning."""
        environment, prompt_id = place or self.places[0]
        known = sorted(ref.version for ref in self.system.versions() if ref.prompt_id == prompt_id)
        ref = PromptRef(prompt_id, known[-1]) if known else None
        try:
            match fault.meanwhile:
                case "the same":
                    command()
                case "promote" if ref:
                    self.system.promote(ref, environment, "carol")
                case "roll back":
                    self.system.roll_back(
                        prompt_id,
                        environment,
                        to=0,
                        op_id=f"{self.system.name}-meanwhile-{self.contents}",
                        reason="faster",
                    )
                case "reconcile":
                    self.system.reconcile(environment)
                case "revoke" if ref:
                    self.system.revoke(ref)
                case "publish":
                    self.contents += 1
                    self.system.publish(prompt_id, self.contents, "low")
        except PromptOpsError as error:
            note(f"meanwhile {fault.meanwhile}: {error.code}")

    def _check_uses(self) -> None:
        """What clients got within a rule is looked at before the rule goes on."""
        self.served_bytes_are_those_of_a_release()
        self.no_client_goes_back_to_a_lower_revision()
        self.a_revoked_version_leaves_service()
        self.whoever_was_served_once_is_served()
        self.what_is_live_reaches_every_client_within_its_ttl()
        self.used = []

    def _served(self) -> list[tuple[Use, Used]]:
        return [(use, use.got) for use in self.used if use.got]

    def _consented(self, environment: str, row: Release) -> None:
        assert row.approval_id
        approval = self.system.approval(environment, row.approval_id)
        assert approval.status == "APPROVED"
        assert approval.consumed_by == row.op_id
        assert (approval.subject.version, approval.subject.sha256) == (row.version, row.sha256)
        decider, excluded = self.system.person(approval)
        assert decider
        assert decider not in excluded

    def _pointer_can_be_written(self, place: Place) -> bool:
        """A version whose first release never reached its record still needs S3 for that one record."""
        head = self.seen.heads[place]
        return "s3" not in self.out or self.system.proven(place[0], PromptRef(place[1], head.version))

    def _recover(self) -> None:
        if self.out:
            self.out.clear()
            self.system.recover()
            self.well_since = self.system.now()

    def _look(self) -> Seen:
        system = self.system
        return Seen(
            heads={place: system.head(*place) for place in self.places},
            releases={place: tuple(system.releases(*place)) for place in self.places},
            pointers={place: system.pointer(*place) for place in self.places},
            versions=system.versions(),
            frozen=frozenset(name for name in system.environments if system.frozen(name)),
        )

    def _place(self, where: int) -> Place:
        return self.system.environments[where % len(self.system.environments)], self._prompt(where)

    def _prompt(self, where: int) -> str:
        return self.system.prompts[0 if where < 6 else -1]

    def _version(self, prompt: int, version: int) -> PromptRef | None:
        known = sorted(ref.version for ref in self.seen.versions if ref.prompt_id == self._prompt(prompt))
        return PromptRef(self._prompt(prompt), known[version % len(known)]) if known else None

    def _request(self, which: int) -> str:
        return self.requests[which % len(self.requests)]


def _tombstone(text: str | None) -> int:
    """The revision of a pointer that says that a prompt is gone; 0 for any other value."""
    try:
        pointer = parse_pointer(text or "")
    except MalformedPointer:
        return 0
    return pointer.revision if isinstance(pointer, Pointer) and pointer.state != "live" else 0
