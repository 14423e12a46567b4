# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Build models of the zoo from their recipes in tools/zoo/, teacher included.

    python tools/build_zoo.py pebble stone --data-dir DATA

Every step keeps what it has done in the work folder, so a build that was stopped goes on where it
was: teachers epoch by epoch, the distillation set copy by copy, the student epoch by epoch. Last,
the student goes on with what the emulated camera saw of the same digits, and of marks and pages
that show none (tools/zoo/camera.json, and what the model's own recipe puts under "camera" instead).
The model, its card, golden vectors and picture are written to models/NAME at the end; only then is
the test set read, once. ``--hold-out`` trains on the first 50,000 pictures, reports the accuracy
on the other 10,000 and writes nothing: that is how recipes are chosen, and what "unseen" of a
recipe, the scale of its logits and its margin, comes from.

A recipe says what a build does today. How a model that is in models/ was made, its card says: for
all but granite that was an earlier camera stage (docs/zoo.md).
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch

from lanewise.commands.options import data_dir_option
from lanewise.cost.predict import predict
from lanewise.data.digits import Digits
from lanewise.data.mnist import load_mnist
from lanewise.emulator.camera_lessons import CameraLessons, LessonPlan, camera_lessons
from lanewise.endings import run_tool
from lanewise.errors import TrainingError
from lanewise.export.lanes import stored_bytes
from lanewise.integer.certificate import certify, require_engine
from lanewise.integer.program import Program
from lanewise.integer.prune import pruned
from lanewise.nn.architectures import Architecture
from lanewise.train.distill import Study, distil
from lanewise.train.fold import calibrate, fold, steps_of_a_logit
from lanewise.train.lessons import LessonRecipe, Lessons, prepare_lessons
from lanewise.train.loop import Progress, Result, fit
from lanewise.train.recipe import Recipe
from lanewise.train.state import load_trained
from lanewise.train.teacher import Teacher, TeacherRecipe, train_teacher
from lanewise.zoo.card import activity, card, measure
from lanewise.zoo.folder import write_folder

RECIPES = Path(__file__).resolve().parent / "zoo"
MODELS = Path(__file__).resolve().parent.parent / "models"
TEACHERS = "teachers.json"
CAMERA = "camera.json"
HELD_OUT = 10_000
ACTIVITY_SAMPLE = 1000
"""Validation pictures on which non-zero activations are counted."""
LICENCE_OF_MNIST = "MNIST: LeCun, Cortes, Burges; CC BY-SA 3.0; no picture of it is in this file"


@dataclass(frozen=True)
class Plan:
    """One model's recipe file."""

    name: str
    purpose: str
    max_bytes: int
    target: float
    architecture: Architecture
    recipe: Recipe
    study: dict[str, Any] | None
    camera: dict[str, Any]
    """What the stage with the camera is, for this model; ``unsure``: the share of the right answers
    on pages of all levels that its margin may refuse."""
    unseen: dict[str, Any]
    """``nat`` and ``margin``, in the network's own logits, as the run with ``--hold-out`` had them
    on camera pictures of digits and marks that it had not learned from."""

    @classmethod
    def read(cls, name: str) -> Plan:
        """The plan called ``name``; raises ``TrainingError`` naming those there are."""
        path = RECIPES / f"{name}.json"
        if not path.is_file() or path.name in (TEACHERS, CAMERA):
            known = sorted(
                p.stem for p in RECIPES.glob("*.json") if p.name not in (TEACHERS, CAMERA)
            )
            raise TrainingError(f"no recipe for {name!r}; there are {', '.join(known)}")
        plain = json.loads(path.read_text())
        camera = json.loads((RECIPES / CAMERA).read_text())
        recipe = Recipe.from_json(plain["recipe"])
        own = {
            "sparsity": max(camera["recipe"]["sparsity"], recipe.sparsity),
            "cycles": recipe.cycles or camera["recipe"]["cycles"],
        }
        camera["recipe"] |= own | plain.get("camera", {})
        return cls(
            plain["name"],
            plain["purpose"],
            plain["max_bytes"],
            plain["target"],
            Architecture.from_json(plain["architecture"]),
            recipe,
            plain.get("study"),
            camera,
            plain.get("unseen", {}),
        )


def say(text: str) -> None:
    """A line of progress with the time of day."""
    click.echo(f"{time.strftime('%H:%M:%S')} {text}", err=True)


def lessons_of(training: Digits, work: Path, copies: int) -> tuple[Lessons, dict[str, Any]]:
    """``copies`` of the distillation set of tools/zoo/teachers.json, made or found in ``work``."""
    plain = json.loads((RECIPES / TEACHERS).read_text())
    recipes = [TeacherRecipe.from_json(one) for one in plain["teachers"]]
    kept = len(training) - HELD_OUT
    taught = training.take(slice(0, kept))
    held_out = training.take(slice(kept, None))
    teachers: list[Teacher] = []
    for recipe in recipes:
        teachers.append(train_teacher(recipe, taught, held_out, work / "teachers", say))
    recipe_of_set = replace(LessonRecipe.from_json(plain["lessons"]), copies=copies)
    identity = {"recipes": [one.to_json() for one in recipes], "digits": kept}
    found = prepare_lessons(teachers, training, recipe_of_set, work / "lessons", identity, say)
    return found, plain


class _Speaker:
    """Says how an epoch went, once an epoch."""

    def __init__(self, name: str) -> None:
        self.name, self.begun, self.last = name, time.monotonic(), 0

    def __call__(self, at: Progress) -> None:
        if at.step == at.steps and at.accuracy is not None and self.last == at.epoch:
            say(
                f"{self.name} epoch {at.epoch}/{at.epochs} loss {at.loss:.4f} "
                f"held-out {at.accuracy:.4f} ({time.monotonic() - self.begun:.0f} s)"
            )
        if at.step == at.steps:
            self.last = at.epoch


def tuned(
    plan: Plan, folder: Path, seen: Digits, held_out: Digits, camera: CameraLessons
) -> Result:
    """The student in ``folder``, trained on with pictures of the camera among the others."""
    how = dict(plan.camera["recipe"])
    pens = replace(plan.recipe.augmentation, **how.pop("augmentation"))
    recipe = replace(plan.recipe, **how, augmentation=pens)
    into = folder.with_name(folder.name + "-camera")
    speak = _Speaker(f"{plan.name} by camera")
    start = load_trained(folder)
    beside = [one for one in camera.lessons if recipe.outliers or one.labels is not None]
    described = plan.architecture
    return fit(described, recipe, seen, held_out, into, speak, start=start, beside=beside)


def train(
    plan: Plan, training: Digits, held_out: Digits, work: Path, hold_out: bool
) -> tuple[Program, float, dict[str, Any] | None]:
    """The folded, calibrated, certified program, its accuracy on the held-out pictures, and the
    teachers' recipes, if there were teachers."""
    count = len(training) - (HELD_OUT if hold_out else 0)
    folder = work / "students" / (plan.name + ("-hold-out" if hold_out else ""))
    if not hold_out and not plan.unseen:
        raise TrainingError(
            f"tools/zoo/{plan.name}.json has no 'unseen'; build it with --hold-out, which says it"
        )
    teaching: dict[str, Any] | None = None
    seen = training.take(slice(0, count))
    if plan.study is None:
        result = fit(plan.architecture, plan.recipe, seen, held_out, folder, _Speaker(plan.name))
    else:
        rest = {key: value for key, value in plan.study.items() if key != "copies"}
        lessons, teaching = lessons_of(training, work, plan.study["copies"])
        study = Study(lessons, plan.recipe, count, **rest)
        result = distil(plan.architecture, study, held_out, folder, _Speaker(plan.name))
    if not result.finished:
        raise TrainingError(f"{plan.name} was stopped; the same command goes on with it")
    inputs, shown = plan.architecture, LessonPlan(**plan.camera["lessons"])
    camera = camera_lessons(training, count, shown, inputs.size, inputs.crop, work / "camera", say)
    result = tuned(plan, folder, seen, held_out, camera)
    if not result.finished:
        raise TrainingError(f"{plan.name} was stopped; the same command goes on with it")
    program, network = fold(result.network, plan.name), result.network
    steps = steps_of_a_logit(network, program, held_out)
    if hold_out:
        program = calibrate(program, network, camera.unseen, plan.camera["unsure"], camera.apart)
        nat, margin = program.logits_per_nat / steps, program.reject_margin / steps
        say(f'"unseen": {{"nat": {nat}, "margin": {margin}}}')
    else:
        nat, margin = (round(plan.unseen[name] * steps) for name in ("nat", "margin"))
        program = replace(program, logits_per_nat=max(1, nat), reject_margin=margin)
    program = pruned(program)
    require_engine(program, certify(program), "ulab16")
    return program, measure(program, held_out).accuracy, teaching


def write_model(
    plan: Plan, program: Program, about: dict[str, Any], test: Digits, to: Path
) -> None:
    """Write model, card, golden vectors and picture of ``program`` into ``to``/NAME."""
    size = stored_bytes(program)
    if size > plan.max_bytes:
        raise TrainingError(f"{plan.name} takes {size} bytes; at most {plan.max_bytes} are allowed")
    sample = about.pop("sample")
    cycles = sum(predict(program, activity(program, sample), "ulab16"))
    found = card(program, measure(program, test), sample, about, cycles)
    write_folder(program, found, to / plan.name)
    say(
        f"{plan.name}: {size} bytes, test {found['accuracy']:.4f} "
        f"[{found['test']['low']:.4f}, {found['test']['high']:.4f}], "
        f"accumulators of {found['acc_bits']} bits"
    )


@click.command()
@click.argument("names", nargs=-1, required=True)
@data_dir_option
@click.option("--work", type=click.Path(path_type=Path), default=Path("build/zoo"))
@click.option("--models", type=click.Path(path_type=Path), default=MODELS)
@click.option("--hold-out", is_flag=True, help="Train on 50,000, report the rest, write nothing.")
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True)
def main(
    names: tuple[str, ...],
    data_dir: Path | None,
    work: Path,
    models: Path,
    hold_out: bool,
    threads: int,
) -> None:
    """Build the models NAMES (files in tools/zoo/ without .json)."""
    torch.set_num_threads(threads)
    plans = [Plan.read(name) for name in names]
    training = load_mnist("train+validation", data_dir)
    held_out = load_mnist("validation", data_dir)
    for plan in plans:
        begun = time.process_time()
        program, share, teaching = train(plan, training, held_out, work, hold_out)
        say(
            f"{plan.name}: {stored_bytes(program)} bytes, held-out {share:.4f}, "
            f"{program.logits_per_nat} logits a nat, margin {program.reject_margin}"
        )
        if hold_out:
            continue
        about = {
            "purpose": plan.purpose,
            "target": {"stored_bytes": plan.max_bytes, "accuracy": plan.target},
            "data": f"MNIST, {len(training)} training pictures; {LICENCE_OF_MNIST}",
            "held_out": {
                "accuracy": share,
                "note": "last 10,000 training pictures; the final run trains on them too",
            },
            "seed": plan.recipe.seed,
            "architecture": plan.architecture.to_json(),
            "recipe": plan.recipe.to_json(),
            "study": plan.study,
            "camera": plan.camera,
            "unseen": plan.unseen,
            "teachers": teaching,
            "cpu_seconds": round(time.process_time() - begun),
            "sample": np.ascontiguousarray(held_out.images[:ACTIVITY_SAMPLE]),
        }
        write_model(plan, program, about, load_mnist("test", data_dir), models)


if __name__ == "__main__":
    run_tool(main)
