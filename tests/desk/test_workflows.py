"""Holds every workflow to its word: nothing unreachable, rights and deadlines that exist, a drawing in the docs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.apps import apps

from fanzha.desk.rights.roles import rights
from fanzha.desk.workflow.clock import deadline
from fanzha.desk.workflow.diagram import mermaid, rows
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow

DOCS = Path(__file__).parents[2] / "docs" / "workflows.md"
WORKFLOWS: dict[str, Workflow] = {
    model.workflow.name: model.workflow for model in apps.get_models() if issubclass(model, Staged)
}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_table_is_sound(name: str) -> None:
    workflow = WORKFLOWS[name]
    assert workflow.unreachable() == set()
    for each in workflow.transitions:
        assert each.right in rights(), each.name
        if isinstance(each.deadline, str) and each.deadline:
            deadline(each.deadline)


_HEAD = """# 流程 Workflows

<!-- Written by tests/desk/test_workflows.py (FANZHA_WRITE_DOCS=1): read off the tables that the program runs. -->
"""


def _document() -> str:
    parts = [_HEAD]
    for name, workflow in sorted(WORKFLOWS.items()):
        for language in ("zh-hans", "en"):
            drawing, table = mermaid(workflow, language), rows(workflow, language)
            parts.append(f"## {name} ({language[:2]})\n\n```mermaid\n{drawing}\n```\n\n{table}\n")
    return "\n".join(parts)


def test_docs_draw_what_runs() -> None:
    if os.environ.get("FANZHA_WRITE_DOCS"):
        DOCS.write_text(_document(), encoding="utf-8")
    assert DOCS.read_text(encoding="utf-8") == _document()
