"""Sentences the stand-in knows how to say about a subject."""

from __future__ import annotations

from infra.local.model.reading import Reading
from infra.local.model.rules import Ruling
from infra.local.model.symptoms import advice

_SAYINGS = """
To put this into context, it helps to look at {subject} from several sides before settling on one view.
Reports of this kind often have more than one factor, and the first one found is rarely the only one.
It would be useful to know when {subject} was last in good order and what has been altered since then.
If other people describe the same experience, an isolated misunderstanding becomes considerably less likely.
On the other hand, a single report does not prove a pattern, so the conclusion above is provisional.
Please record every step taken around {subject}, together with the time, so that others can follow it.
Should new details appear, the assessment can be revisited without loss, because nothing here is irreversible.
In many organisations a colleague with more experience would be asked for a second opinion at this point.
It may also be worth comparing {subject} with similar situations from the past, also those that ended well.
Communication matters as much as the facts: the person who wrote deserves to hear what happens next.
Finally, once everything has been settled, a short summary helps to recognise {subject} sooner next time.
All of the above rests only on what was written, and a conversation might bring more to light.
Nothing is lost by asking for a confirmation as long as the effect on the people concerned stays small.
Where two explanations fit equally well, the simpler one is usually the better place to begin looking.
"""
_ELABORATION = tuple(_SAYINGS.strip().splitlines())


def cause_sentence(reading: Reading) -> str:
    """A sentence that says where a problem probably comes from, quoting the input."""
    if reading.tells_little:
        return "Unclear: the text gives too little information to name a cause."
    report = f'the report says "{reading.headline}"'
    if reading.trigger:
        return f"Probably connected with {reading.trigger}: {report}."
    return f"Probably a problem with {subject_of(reading)}: {report}."


def action_sentence(reading: Reading) -> str:
    """A sentence that says what to do next."""
    if reading.tells_little:
        return "Ask the sender for more information: what happened, when, and which steps lead to it."
    return f"{advice(reading.report)} {subject_of(reading)}; then confirm the result with the sender."


def basis_sentence(ruling: Ruling) -> str:
    """A sentence that names the rule behind a ruling."""
    if not ruling.rule:
        return "No stated rule fits."
    return f"{ruling.label}: {ruling.rule}" if ruling.label else ruling.rule


def digest_sentence(reading: Reading) -> str:
    """A sentence that repeats the gist of the input."""
    return f"{reading.headline}." if reading.headline else "The text says very little."


def message_text(reading: Reading, ruling: Ruling | None, *, courteous: bool) -> str:
    """A message to the person who wrote the input, with thanks and regret if courtesy was asked for."""
    parts = ["Thank you for your message, and we are sorry for the trouble."] if courteous else []
    if reading.tells_little:
        parts.append("Could you tell us more about what happened?")
    else:
        parts.append(f"We have read what you wrote about {subject_of(reading)}.")
    if ruling:
        reason = f", because of this rule: {ruling.rule.rstrip('.')}" if ruling.rule else ""
        parts.append(f"Our answer is: {ruling.value}{reason}.")
    return " ".join(parts)


def obedient_text(reading: Reading) -> str:
    """What a model says that takes the orders in the input for its own."""
    return f"Understood. I do as I am told: {' '.join(reading.orders)}"


def elaboration(reading: Reading, position: int) -> str:
    """One of many sentences that add length and little else."""
    return _ELABORATION[position % len(_ELABORATION)].format(subject=subject_of(reading))


def subject_of(reading: Reading) -> str:
    """The topics of the input as a phrase."""
    return ", ".join(reading.topics) or "the matter described"
