# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Write the table of docs/zoo.md from the cards of the zoo.

python tools/table_zoo.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lanewise.endings import run_tool
from lanewise.errors import ModelFileError
from lanewise.files import write_whole
from lanewise.zoo.shelf import shelf

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- table -->", "<!-- end of table -->"


def row(card: dict[str, Any]) -> str:
    """One line of the table."""
    test, target = card["test"], card["target"]
    cycles = card["cycles_rp2040"]
    return (
        f"| {card['name']} | {card['weights']:,} | {card['stored_bytes']:,} of "
        f"{target['stored_bytes']:,} | {100 * test['accuracy']:.2f} % "
        f"({100 * test['low']:.2f} to {100 * test['high']:.2f}) | {100 * target['accuracy']:.2f} % "
        f"| {card['acc_bits']} | {'-' if cycles is None else f'{cycles / 1e6:.2f} M'} |"
    )


@click.command()
@click.option("--models", type=click.Path(path_type=Path), default=ROOT / "models")
@click.option("--page", type=click.Path(path_type=Path), default=ROOT / "docs" / "zoo.md")
def main(models: Path, page: Path) -> None:
    """Rewrite the part of the page between its two marks."""
    cards = [model.card for model in shelf(models)]
    if not cards:
        raise ModelFileError(f"{models} holds no model: none of its folders has a card.json")
    lines = [
        BEGIN,
        "| model | weights | bytes | test accuracy | asked | accumulator bits | RP2040 cycles |",
        "| --- | ---: | ---: | --- | ---: | ---: | ---: |",
        *(row(card) for card in cards),
        END,
    ]
    text = page.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ModelFileError(f"{page} has no table: {BEGIN} and {END} have to be there once each")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    write_whole(page, (before + "\n".join(lines) + after).encode(), overwrite=True)


if __name__ == "__main__":
    run_tool(main)
