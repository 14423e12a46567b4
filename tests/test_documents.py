# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What README and docs/ name is there: commands with their options, files, and links."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from lanewise.cli import COMMANDS, main

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CALL = re.compile(r"lanewise ([a-z]+)([^`\n|;#]*)")
FOLDERS = "tests|tools|host|device|models|docs|integer|export|train|nn|lanecam"
NAMED = re.compile(rf"`(?:python )?((?:{FOLDERS})/[\w./*-]+)")
ELSEWHERE = {"integer": "host/lanewise", "export": "host/lanewise", "train": "host/lanewise",
             "nn": "host/lanewise", "lanecam": "device/lib"}  # fmt: skip


def calls(text: str):
    """(command, options) of each call, of a group's command that of the subcommand."""
    for name, rest in CALL.findall(text):
        if name not in COMMANDS:
            continue
        command = main.get_command(click.Context(main), name)
        words = rest.split()
        if isinstance(command, click.Group) and words:
            command = command.get_command(click.Context(command), words[0]) or command
            if isinstance(command, click.Group) and len(words) > 1:
                command = command.get_command(click.Context(command), words[1]) or command
        yield name, command, re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_option_that_is_written_is_one(path):
    for name, command, options in calls(path.read_text(encoding="utf-8")):
        known = {"--help"}
        for parameter in command.params:
            known |= {*parameter.opts, *parameter.secondary_opts}
        assert set(options) <= known, f"lanewise {name} in {path.name}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_is_named_is_there(path):
    text = path.read_text(encoding="utf-8")
    for name in NAMED.findall(text):
        name = name.rstrip(".")
        folder = ROOT / ELSEWHERE.get(name.split("/")[0], "")
        assert any(folder.glob(name)), f"{name} in {path.name}"
    for link in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in link:
            assert (path.parent / link).exists(), f"{link} in {path.name}"


def test_the_search_finds_what_is_there():
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    found = list(calls(text))
    assert len(found) > 60 and sum(len(options) for *_, options in found) > 40
    assert len(NAMED.findall(text)) > 60


@pytest.mark.parametrize(
    "card", sorted((ROOT / "models").glob("*/card.json")), ids=lambda path: path.parent.name
)
def test_the_readme_says_of_a_model_what_its_card_says(card):
    card = json.loads(card.read_text(encoding="utf-8"))
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [row for row in text.splitlines() if re.match(rf"\| `?{card['name']}[`: ]", row)]
    accuracy = f"{100 * card['accuracy']:.2f} %"
    row = next((row for row in rows if accuracy in row), None)
    assert row is not None, f"no row of {card['name']} has its {accuracy}: {rows}"
    if "bits" in row.rsplit("|", 2)[1]:  # the zoo's own table
        assert f"{card['stored_bytes']:,}" in row and f"{card['acc_bits']} bits" in row
        low, high = (100 * card["test"][end] for end in ("low", "high"))
        assert f"({low:.2f} to {high:.2f})" in row
