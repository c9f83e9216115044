"""Edits of the prompt intent-router."""

from __future__ import annotations

from tests.content.edits import (
    GUARD,
    GUARD_REWORDED,
    Edits,
    marking,
    replacing,
    rewriting,
    swapping,
    together,
    without,
    without_line,
)

FORMAT = "Return JSON with fields: intent, confidence, reason."
LIMIT = "Keep output under 45 words."
HEADING = "intent is the one label that fits best:"
INTENTS = (
    "activate_my_card",
    "age_limit",
    "apple_pay_or_google_pay",
    "card_arrival",
    "card_swallowed",
    "change_pin",
    "edit_personal_details",
    "exchange_rate",
    "passcode_forgotten",
    "terminate_account",
    "verify_my_identity",
    "visa_or_mastercard",
)

EDITS = Edits(
    guard=GUARD,
    form={
        "format and fields dropped": without(FORMAT),
        "output format dropped": replacing("Return JSON with fields:", "Return the fields:"),
        "field list dropped": replacing(FORMAT, "Return JSON."),
        "word limit dropped": without(LIMIT),
        "word limit turned into a minimum": replacing(LIMIT, "Write more than 45 words."),
        "output format negated": replacing("Return JSON with", "Never return JSON but"),
        "labels dropped": together(*(without_line(f"- {intent}:") for intent in INTENTS)),
    },
    dropped={intent: without_line(f"- {intent}:") for intent in INTENTS},
    swapped={
        f"{one} and {other}": swapping(f"- {one}:", f"- {other}:")
        for one, other in zip(INTENTS[::2], INTENTS[1::2], strict=True)
    },
    inverted={
        "change_pin": replacing("- change_pin: changing", "- change_pin: anything but changing"),
        "exchange_rate": replacing("- exchange_rate: the", "- exchange_rate: never for the"),
        "terminate_account": replacing(
            "- terminate_account: closing", "- terminate_account: not for closing"
        ),
        "age_limit": replacing("- age_limit: how", "- age_limit: everything except how"),
    },
    paraphrased={
        "keys": replacing(
            FORMAT, "Answer with a JSON object that has the keys intent, confidence and reason."
        ),
        "at most": replacing(LIMIT, "Use at most 44 words."),
        "guard": replacing(GUARD, GUARD_REWORDED),
        "heading": replacing(HEADING, "Choose as the intent whichever of these labels fits best:"),
        "pin": rewriting(
            "- change_pin:", "- change_pin: a change of PIN, at an ATM, a cash machine or elsewhere."
        ),
        "swallowed": rewriting(
            "- card_swallowed:",
            "- card_swallowed: an ATM or cash machine took, kept or swallowed a card and gives none back.",
        ),
        "values in code marks": marking(*INTENTS, "other"),
    },
)
