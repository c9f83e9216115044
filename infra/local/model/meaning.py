"""Words that mean nearly the same, words that carry no meaning, and words that are denied."""

from __future__ import annotations

from functools import lru_cache

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
    "damaged broken cracked defective faulty shattered torn dented smashed scratched leaking frayed",
    "wrong incorrect mistaken mismatched different",
    "unused unopened sealed unworn untouched",
    "lawyer attorney solicitor legal court sue lawsuit",
    "fraud fraudulent scam unauthorised unauthorized",
    "injury injured hurt burned burnt hospital",
    "personalised personalized engraved custom customised customized monogrammed bespoke",
    "download downloaded downloadable digital ebook",
    "voucher giftcard",
    "subscription membership renewal",
    "deny refuse reject decline",
    "approve accept grant",
    "escalate refer forward handover",
    "buy bought purchase purchased ordered",
    "delivered delivery deliver arrived arrive arrival received receive",
    "cancel cancelled canceled cancellation",
    "child children kid kids daughter son newborn baby teenager",
    "age old young youngest older years-old",
    "password passcode",
    "forgotten forgot forget recall remember",
    "swallowed swallow ate eaten sucked",
    "atm atms cashpoint",
    "identity id identify identification",
    "verify verification verified prove proof",
    "close closed closing terminate terminated",
    "change changed changing edit modify alter update updated",
    "apologise apologize apology apologies sorry regret",
    "promise promises promised guarantee guarantees guaranteed assure",
    "solved resolved fixed",
    "photo picture image",
)
_CANONICAL = {stem(word): stem(group.split()[0]) for group in _GROUPS for word in group.split()}
_NEGATING = "not no never neither nor without isn't wasn't aren't don't doesn't didn't hasn't haven't hadn't"
_NEGATIONS = frozenset(_NEGATING.split())
_NEGATION_REACH_WORDS = 3
_SHORTEST_WORD = 3
_SHORT_WORDS = frozenset({"id"})
_DENIED = "not "


def concepts(text: str) -> set[str]:
    """The meaningful stems of a text, synonyms folded together."""
    return set(concept_list(text))


def concept_list(text: str) -> list[str]:
    """The concepts of a text in its order, each as often as it is spoken of."""
    return [_concept(word) for word in words(text) if _is_meaningful(word)]


@lru_cache(maxsize=4096)
def signed_concepts(text: str) -> frozenset[str]:
    """The concepts of a text; one that stands shortly after a negation is marked as denied."""
    spoken = words(text)
    denied_until = -1
    found = []
    for position, word in enumerate(spoken):
        if _is_meaningful(word):
            concept = _concept(word)
            found.append(_DENIED + concept if position <= denied_until else concept)
        if word in _NEGATIONS:
            denied_until = position + _NEGATION_REACH_WORDS
    return frozenset(found)


def affirmed_concepts(text: str) -> set[str]:
    """The concepts of a text without those that stand shortly after a negation."""
    return {concept for concept in signed_concepts(text) if not concept.startswith(_DENIED)}


def _is_meaningful(word: str) -> bool:
    return word not in STOPWORDS and (len(word) >= _SHORTEST_WORD or word in _SHORT_WORDS)


def _concept(word: str) -> str:
    stemmed = stem(word)
    return _CANONICAL.get(stemmed, stemmed)
