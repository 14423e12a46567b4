# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Write predicted RP2040 cycles into the cards of the zoo.

    python tools/price_zoo.py

Takes the activity that each card holds (non-zero elements counted on held-out pictures) and the
cost model as it is now, for the engine ``ulab16``; run it again whenever the model changes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from lanewise.cost.predict import predict
from lanewise.endings import run_tool
from lanewise.errors import ModelFileError
from lanewise.export.lanes import read
from lanewise.files import write_whole
from lanewise.zoo.shelf import shelf

MODELS = Path(__file__).resolve().parent.parent / "models"


def cycles_of(card: dict[str, Any], folder: Path) -> int:
    """Predicted cycles of an inference of the model in ``folder``."""
    program, _ = read(folder / "model.lanes")
    active = [card["input"]["nonzero"], *(op.get("nonzero", 0.0) for op in card["ops"])]
    return sum(predict(program, active, "ulab16"))


@click.command()
@click.option("--models", type=click.Path(path_type=Path), default=MODELS)
def main(models: Path) -> None:
    """Price every model of the folder."""
    found = shelf(models)
    if not found:
        raise ModelFileError(f"{models} holds no model: none of its folders has a card.json")
    for model in sorted(found, key=lambda one: one.path):
        card, folder = model.card, model.path.parent
        card["cycles_rp2040"] = cycles_of(card, folder)
        text = json.dumps(card, indent=1) + "\n"
        write_whole(folder / "card.json", text.encode(), overwrite=True)
        click.echo(f"{model.name}: {card['cycles_rp2040'] / 1e6:.2f} M cycles")


if __name__ == "__main__":
    run_tool(main)
