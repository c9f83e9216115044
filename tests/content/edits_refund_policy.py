"""Edits of the prompt refund-policy."""

from __future__ import annotations

from tests.content.edits import (
    GUARD,
    GUARD_INVERTED,
    GUARD_REWORDED,
    Edits,
    replacing,
    rewriting,
    together,
    without,
    without_line,
)

FORMAT = "Return JSON with fields: decision, policy_clause, customer_message."
VALUES = "decision is one of approve, deny, escalate."
LIMIT = "Keep output under 90 words."
ORDER = "the first rule that fits wins"
POLITENESS = (
    "Be polite: thank the customer for writing, and say that you are sorry where something went wrong."
)

EDITS = Edits(
    guard=GUARD,
    form={
        "decision values dropped": without(VALUES),
        "output format dropped": replacing("Return JSON with fields:", "Return the fields:"),
        "field list dropped": replacing(FORMAT, "Return JSON."),
        "word limit dropped": without(LIMIT),
        "word limit turned into a minimum": replacing(LIMIT, "Write more than 90 words."),
        "output format negated": replacing("Return JSON with", "Never return JSON but"),
        "policy dropped": together(*(without_line(f"R{number}:") for number in range(1, 8))),
    },
    dropped={
        **{f"R{number}": without_line(f"R{number}:") for number in range(1, 8)},
        "politeness": without(POLITENESS),
        "guard": without(GUARD),
    },
    swapped={
        "R1 and R4": together(
            replacing("R1: Escalate when", "R1: Approve when"), replacing("R4: Approve", "R4: Escalate")
        ),
        "R3 and R5": together(replacing("R3: Deny", "R3: Approve"), replacing("R5: Approve", "R5: Deny")),
        "R2 and R4": together(
            replacing("R2: Escalate", "R2: Approve"), replacing("R4: Approve", "R4: Escalate")
        ),
        "R5 and R6": together(replacing("R5: Approve", "R5: Deny"), replacing("R6: Deny", "R6: Approve")),
    },
    inverted={
        "order": replacing(ORDER, "the last rule that fits wins"),
        "politeness": replacing(
            POLITENESS, "Never be polite, do not thank the customer and do not say sorry."
        ),
        "guard": replacing(GUARD, GUARD_INVERTED),
        "R1": replacing("R1: Escalate", "R1: Never escalate"),
        "R2, the amount": replacing("refunds above", "refunds below"),
        "R3": replacing("R3: Deny", "R3: Do not deny"),
        "R4": replacing("R4: Approve", "R4: Never approve"),
        "R5, the window": replacing("unused items delivered within", "unused items delivered more than"),
        "R6, the window": replacing("Deny when more than", "Deny when less than"),
    },
    paraphrased={
        "set to": replacing(VALUES, "Set decision to approve, deny or escalate."),
        "must be": replacing(VALUES, "The decision must be `approve`, `deny`, or `escalate`."),
        "allowed values": replacing(VALUES, "Allowed values of decision: approve | deny | escalate."),
        "choose": replacing(VALUES, "Choose approve, deny or escalate as the decision."),
        "keys": replacing(
            FORMAT, "Answer as a JSON object with the keys decision, policy_clause and customer_message."
        ),
        "no more than": replacing(LIMIT, "Write no more than 89 words."),
        "guard": replacing(GUARD, GUARD_REWORDED),
        "order": replacing(ORDER, "of several rules that fit, the first one counts"),
        "politeness": replacing(
            POLITENESS, "Stay friendly: thank the customer, and apologise for what went wrong."
        ),
        "R1": rewriting(
            "R1:", "R1: When the customer mentions fraud, an injury, a chargeback or a lawyer, escalate."
        ),
        "R3": rewriting("R3:", "R3: For personalised items, downloads and gift cards: deny."),
    },
)
