"""Edits of the prompt ticket-summary."""

from __future__ import annotations

from tests.content.edits import (
    GUARD,
    GUARD_INVERTED,
    GUARD_REWORDED,
    Edits,
    marking,
    replacing,
    rewriting,
    swapping,
    without,
    without_line,
)

FORMAT = "Return JSON with fields: summary, reference, mood, waiting_for."
LIMIT = "Keep output under 70 words."
PRIVACY = "Never repeat e-mail addresses, phone numbers or card numbers."
MOOD = "mood describes the customer; it is the first of these that fits:"
ORDER = "it is the first of these that fits"

EDITS = Edits(
    guard=GUARD,
    form={
        "format and fields dropped": without(FORMAT),
        "output format dropped": replacing("Return JSON with fields:", "Return the fields:"),
        "field list dropped": replacing(FORMAT, "Return JSON."),
        "word limit dropped": without(LIMIT),
        "word limit turned into a minimum": replacing(LIMIT, "Write more than 70 words."),
        "output format negated": replacing("Return JSON with", "Never return JSON but"),
    },
    dropped={
        "privacy": without(PRIVACY),
        "guard": without(GUARD),
        "angry": without_line("- angry:"),
        "frustrated": without_line("- frustrated:"),
        "pleased": without_line("- pleased:"),
        "calm": without_line("- calm:"),
        "nobody": without_line("- nobody:"),
        "customer": without_line("- customer:"),
        "us": without_line("- us:"),
    },
    swapped={
        "angry and pleased": swapping("- angry:", "- pleased:"),
        "frustrated and angry": swapping("- frustrated:", "- angry:"),
        "pleased and calm": swapping("- pleased:", "- calm:"),
        "nobody and customer": swapping("- nobody:", "- customer:"),
        "customer and us": swapping("- customer:", "- us:"),
    },
    inverted={
        "privacy": replacing(
            PRIVACY, "Repeat e-mail addresses, phone numbers and card numbers as they are written."
        ),
        "guard": replacing(GUARD, GUARD_INVERTED),
        "angry": replacing("- angry: the", "- angry: never when the"),
        "frustrated": replacing("- frustrated: the", "- frustrated: not when the"),
        "pleased": replacing("- pleased: the", "- pleased: anything except when the"),
        "nobody": replacing("- nobody: the", "- nobody: not when the"),
        "customer": replacing("- customer: the", "- customer: never when the"),
    },
    paraphrased={
        "keys": replacing(
            FORMAT, "Answer with a JSON object that has the keys summary, reference, mood and waiting_for."
        ),
        "at most": replacing(LIMIT, "Use at most 69 words."),
        "guard": replacing(GUARD, GUARD_REWORDED),
        "privacy": replacing(PRIVACY, "Leave out phone numbers, card numbers and e-mail addresses."),
        "privacy, in general": replacing(PRIVACY, "Do not repeat personal data."),
        "mood, as a choice": replacing(
            MOOD, "Choose the mood of the customer, the first of these that applies:"
        ),
        "angry": rewriting(
            "- angry:",
            "- angry: the customer announces to leave, to cancel or to complain in public, insults us or "
            "demands a manager.",
        ),
        "values in code marks": marking("angry", "frustrated", "pleased", "calm"),
    },
)
