"""The JSON objects a text holds among other words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecodeError

from promptops.domain.errors import GraderUnavailable
from promptops.domain.strict_json import DECODER

#: Read in vain: a text may begin an object at each of its braces and end none, which takes quadratic time.
MAX_READ_CHARS = 50_000_000
#: About what is read of an object nested too deeply before it is given up.
_DEEP_CHARS = 5_000
_BEGINNING = re.compile(r'\{(?=[ \t\r\n]*+["}])')


def objects_in(text: str) -> Iterator[dict[str, object]]:
    """Each outermost object in strict JSON, in order; raises GraderUnavailable where that takes too long."""
    left = MAX_READ_CHARS
    beginning = _BEGINNING.search(text)
    while beginning:
        try:
            document, end = DECODER.raw_decode(text, beginning.start())
        except (ValueError, RecursionError) as error:
            # A syntax error costs all the text before it: the decoder counts its lines.
            left -= error.pos if isinstance(error, JSONDecodeError) else _DEEP_CHARS
            if left < 0:
                raise GraderUnavailable(
                    "the answer begins too many JSON objects that do not end",
                    "Ask for JSON alone, and use is-json.",
                ) from None
            end = beginning.end()
        else:
            yield document
        beginning = _BEGINNING.search(text, end)
