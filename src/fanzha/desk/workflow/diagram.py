"""Decides how a workflow is drawn for the docs: a Mermaid state diagram and its table, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import override

from fanzha.desk.rights.roles import rights
from fanzha.desk.workflow.table import Workflow


def mermaid(workflow: Workflow, language: str = "zh-hans") -> str:
    """The diagram, ready for a fenced block."""
    with override(language):
        return "\n".join(_lines(workflow))


def rows(workflow: Workflow, language: str = "zh-hans") -> str:
    """The table of transitions as Markdown."""
    with override(language):
        heads = (
            "| 操作 | 从 | 到 | 权限 | 双人 | 理由 |"
            if language != "en"
            else "| act | from | to | right | four eyes | reason |"
        )
        lines = [heads, "|---|---|---|---|---|---|"]
        for each in workflow.transitions:
            sources = "、".join(_label(workflow, state) for state in sorted(each.sources))
            marks = ("✓" if each.four_eyes else "", "✓" if each.reason else "")
            cells = (str(each.label), sources, _label(workflow, each.target), str(rights()[each.right]), *marks)
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)


def _lines(workflow: Workflow) -> Iterator[str]:
    yield "stateDiagram-v2"
    for state in workflow.states.values:
        yield f"    {state}: {_label(workflow, state)}"
    yield f"    [*] --> {workflow.initial}"
    for each in workflow.transitions:
        for state in sorted(each.sources):
            yield f"    {state} --> {each.target}: {each.label}"


def _label(workflow: Workflow, state: str) -> str:
    return str(workflow.states(state).label)
