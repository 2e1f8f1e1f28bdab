#!/usr/bin/env python3
"""Asks the real Alembic how it prints a graph, and writes its answers and the same graph as SQL revisions.

  pip install alembic
  ./generate.py          writes revisions/*.sql and expected.txt beside itself

Alembic prints some lists in the order of hashes; of several hash seeds the one is taken with which they are sorted.
Paths are cut down to the revision's id, and blanks at line ends are left out.
"""
import os
import pathlib
import re
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent
REVISIONS = [  # id, parents, depends_on, label, message
    ("a1", [], None, None, "initial schema"),
    ("b2", ["a1"], None, None, "add status"),
    ("c3", ["b2"], None, "billing", "invoices"),
    ("c4", ["c3"], None, None, "invoice lines"),
    ("d3", ["b2"], None, None, "search"),
    ("m5", ["c4", "d3"], None, None, "merge billing and search"),
    ("e6", ["m5"], None, None, "after the merge"),
    ("r1", [], None, "reports", "reports of their own"),
    ("r2", ["r1"], "d3", None, "reports read the search"),
    ("r3", ["r2"], None, None, "a report that others need"),
    ("f7", ["e6"], "r3", None, "needs the reports"),
    ("g7", ["e6"], None, None, "another end"),
]
QUESTIONS = [
    "heads", "heads -v", "heads --resolve-dependencies", "branches", "branches -v", "history", "history -v",
    "history -r b2:m5", "history -r :c4", "history -r reports@r1:r3", "history -r-2:", "history -r r1:", "show m5",
    "show b2", "show r2",
]
ENVIRONMENT = """
from alembic import context
from sqlalchemy import create_engine
with create_engine("sqlite://").connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


def write(project):
    versions = project / "alembic" / "versions"
    versions.mkdir(parents=True)
    (project / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/alembic\n")
    (project / "alembic" / "env.py").write_text(ENVIRONMENT)
    (HERE / "revisions").mkdir(exist_ok=True)
    for number, (revision, parents, needed, label, message) in enumerate(REVISIONS, 1):
        created = f"2026-11-{number:02d}T10:15:00Z"
        named = ", ".join(parents)
        down = None if not parents else parents[0] if len(parents) == 1 else tuple(parents)
        (versions / f"{revision}.py").write_text(
            f'"""{message}\n\nRevision ID: {revision}\nRevises: {named}\nCreate Date: {created}\n\n"""\n'
            f"revision = {revision!r}\ndown_revision = {down!r}\nbranch_labels = {(label,) if label else None!r}\n"
            f"depends_on = {needed!r}\n\n\ndef upgrade(): pass\n\n\ndef downgrade(): pass\n")
        lines = [f"-- revision: {revision}", f"-- down_revision: {named or 'none'}"]
        lines += [f"-- branch_labels: {label}"] if label else []
        lines += [f"-- depends_on: {needed}"] if needed else []
        lines += [f"-- description: {message}", f"-- created: {created}"]
        lines += ["", "-- migrated: upgrade", "", "-- migrated: downgrade", ""]
        (HERE / "revisions" / f"{revision}.sql").write_text("\n".join(lines))


def answers(project, seed):
    text = ""
    for question in QUESTIONS:
        done = subprocess.run(
            ["alembic", *question.split()], cwd=project, env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True, text=True)
        text += f"== {question}\n{done.stdout if done.returncode == 0 else 'refused' + chr(10)}"
    text = re.sub(r"^Path: .*/(\w+)\.py$", r"Path: \1", text, flags=re.MULTILINE)
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


def main():
    with tempfile.TemporaryDirectory() as directory:
        project = pathlib.Path(directory)
        write(project)
        for seed in range(100):
            text = answers(project, seed)
            if "Branches into: c3, d3" in text and "Branches into: f7, g7" in text:
                (HERE / "expected.txt").write_text(text)
                return


main()
