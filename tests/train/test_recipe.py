# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A recipe is data, its schedule is a function of the step, its phases follow one another."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanewise.errors import TrainingError
from lanewise.nn.architectures import ARCHITECTURES
from lanewise.nn.layers import Phase
from lanewise.train.recipe import Augmentation, Recipe
from lanewise.train.recipes import RECIPES, recipe_for


def test_json_round_trip():
    recipe = Recipe(epochs=3, lr=1e-3, augmentation=Augmentation(elastic_px=2.0))
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_every_named_recipe_belongs_to_an_architecture():
    assert set(RECIPES) <= set(ARCHITECTURES)
    assert recipe_for("depthwise16") is not None


@given(st.integers(1, 500), st.floats(0, 1), st.floats(0, 1))
def test_phases_come_in_order_and_cover_the_run(steps, float_share, rest):
    recipe = Recipe(float_share=float_share, frozen_share=(1 - float_share) * rest)
    order = [Phase.FLOAT, Phase.QUANTIZED, Phase.FROZEN]
    ranks = [order.index(recipe.phase(step, steps)) for step in range(steps)]
    assert ranks == sorted(ranks)
    assert ranks.count(0) == round(float_share * steps)


@given(st.integers(1, 400), st.floats(0, 0.9))
def test_the_learning_rate_rises_once_and_falls_once(steps, warmup):
    recipe = Recipe(warmup_share=warmup)
    rates = [recipe.learning_rate(step, steps) for step in range(steps)]
    assert min(rates) > 0
    assert max(rates) <= recipe.lr * 1.0002
    turns = [right >= left for left, right in pairwise(rates)]
    assert turns == sorted(turns, reverse=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("epochs", 0), ("batch", 1), ("lr", 0.0), ("lr", float("nan")), ("acc_bits", 3), ("seed", -1)],
)
def test_impossible_values_are_named_with_their_limits(field, value):
    with pytest.raises(TrainingError, match=f"{field} is .* must be"):
        Recipe(**{field: value})


def test_foreign_json_is_named():
    with pytest.raises(TrainingError, match="recipe does not fit"):
        Recipe.from_json({"epochs": 3})


def test_a_weight_on_cycles_is_in_the_description_only_where_there_is_one():
    assert "cycles" not in Recipe().to_json(), "old checkpoints and cards read as they did"
    priced = Recipe(cycles=0.01)
    assert priced.to_json()["cycles"] == 0.01 and Recipe.from_json(priced.to_json()) == priced
    with pytest.raises(TrainingError, match="cycles is -1"):
        Recipe(cycles=-1)
