"""The comparison as a picture: the interval of the difference, zero, and the margin."""

from __future__ import annotations

from promptops.domain.evaluation.comparison import Comparison
from promptops.domain.markup import Html, tag
from promptops.domain.report_summary import signed

#: Beyond this share of the picture's width a label is tied to its other side, so that it stays inside.
_LATE = 85.0


def interval(comparison: Comparison, margin: float) -> Html:
    """A drawing of boxes and lines; what it shows is said in words beside it."""
    reach = 1.15 * max(abs(comparison.low), abs(comparison.high), margin, 0.01)

    def at(difference: float) -> float:
        return 50 + 50 * difference / reach

    tone = {"worse": "bad", "no worse": "good", "open": "warn"}[comparison.beside(margin)]
    low, high = at(comparison.low), at(comparison.high)
    return tag(
        "div",
        tag("div", class_="worse", style=f"width:{at(-margin):.1f}%"),
        tag("div", class_="zero", style="left:50%"),
        tag("div", class_=f"range {tone}", style=f"left:{low:.1f}%;width:{max(high - low, 0.5):.1f}%"),
        tag("div", class_=f"point {tone}", style=f"left:{at(comparison.difference):.1f}%"),
        tag("span", signed(comparison.difference), class_="above", style=_place(at(comparison.difference))),
        tag("span", f"worse than {signed(-margin)}", class_="below", style="left:0"),
        tag("span", "no difference", class_="below", style="left:50%"),
        class_="interval",
        aria_hidden="true",
    )


def _place(position: float) -> str:
    return f"right:{100 - position:.1f}%" if position > _LATE else f"left:{position:.1f}%"
