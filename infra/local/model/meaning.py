"""Words that mean nearly the same, words that carry no meaning, and words that are denied."""

from __future__ import annotations

from infra.local.model.sentences import stem, words

_FUNCTION_WORDS = """
a about after again all also am an and any are as at be because been before being but by can could did do
does doing done down each even every few first for from get gets got had has have having he her here hers
him his how i if in into is it its just know like made make me more most much my new no nor not now of
off on once one only or other our out over own please same see seen she should since so some still such
than that the their them then there these they this those through to too two under until up us use used
very want was we were what when where which while who whom why will with without would yet you your yours
ours anything something someone everything really already today yesterday think need needs way thing
things tiny good hi hello dear thanks thank regards kind team sir madam cheers okay der die das und ist
ich wir nicht ein eine den dem mit auf für von seit sich auch bei haben hat sind wird kann guten tag el
la los las un una de en que es por con para se lo mi les du des est pas je nous vous sur dans au avec
"""
STOPWORDS = frozenset(_FUNCTION_WORDS.split())

_GROUPS = (
    "damaged broken cracked defective faulty shattered torn dented smashed scratched leaking",
    "wrong incorrect mistaken mismatched different",
    "unused unopened sealed unworn untouched",
    "lawyer attorney solicitor legal court sue lawsuit",
    "fraud fraudulent scam unauthorised unauthorized stolen",
    "injury injured hurt burned burnt hospital",
    "personalised personalized engraved custom customised customized monogrammed bespoke",
    "download downloaded downloadable digital ebook",
    "voucher giftcard",
    "subscription membership renewal",
    "deny refuse reject decline",
    "approve accept grant",
    "escalate refer forward handover",
    "buy bought purchase purchased ordered",
    "delivered delivery arrived received",
    "cancel cancelled canceled cancellation",
)
_CANONICAL = {stem(word): stem(group.split()[0]) for group in _GROUPS for word in group.split()}
_NEGATING = "not no never neither nor without isn't wasn't aren't don't doesn't didn't hasn't haven't"
_NEGATIONS = frozenset(_NEGATING.split())
_NEGATION_REACH_WORDS = 3


def concepts(text: str) -> set[str]:
    """The meaningful stems of a text, synonyms folded together."""
    return {_concept(word) for word in words(text) if word not in STOPWORDS and len(word) > 2}


def affirmed_concepts(text: str) -> set[str]:
    """The concepts of a text without those that stand shortly after a negation."""
    spoken = words(text)
    return {
        _concept(word)
        for position, word in enumerate(spoken)
        if word not in STOPWORDS
        and len(word) > 2
        and not _NEGATIONS.intersection(spoken[max(0, position - _NEGATION_REACH_WORDS) : position])
    }


def _concept(word: str) -> str:
    stemmed = stem(word)
    return _CANONICAL.get(stemmed, stemmed)
