"""Help whose options stand under headings, for a command that has many."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

_OTHERS = "Options"


class GroupedHelp(TyperCommand):
    """Each option under its `rich_help_panel` in plain text, those without one under Options, last."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                own = getattr(parameter, "rich_help_panel", None) or _OTHERS
                heading = "Arguments" if parameter.param_type_name == "argument" else own
                groups.setdefault(heading, []).append(record)
        groups[_OTHERS] = groups.pop(_OTHERS, [])
        for heading, records in groups.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)
