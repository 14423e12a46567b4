# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A prediction is what an idle program costs, and the price of all that is not zero."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanewise.cost.marginal import prices
from lanewise.cost.predict import ENGINES, predict
from lanewise.errors import UsageError
from lanewise.export.lanes import read
from lanewise.integer.shapes import validate
from lanewise.resources import bundled

MODELS = ("swift", "pebble", "granite", "braid")


@pytest.fixture(scope="module")
def zoo():
    return {name: read(bundled("models") / name / "model.lanes")[0] for name in MODELS}


@given(data=st.data(), name=st.sampled_from(MODELS), engine=st.sampled_from(ENGINES))
@settings(max_examples=60, deadline=None)
def test_prices_add_up_to_the_prediction(zoo, data, name, engine):
    program = zoo[name]
    shapes = validate(program)[:-1]
    counts = [data.draw(st.floats(0, height * width)) for _, height, width in shapes]
    found = float(sum(predict(program, [0.0] * len(shapes), engine)))
    for count, price, (_, height, width) in zip(
        counts, prices(program, engine), shapes, strict=True
    ):
        found += count * price.cycles * price.height * price.width / (height * width)
    assert found == pytest.approx(sum(predict(program, counts, engine)), abs=2 * len(shapes))


def test_what_is_pooled_at_once_has_no_price_and_all_else_that_a_layer_reads_has(zoo):
    free = [not price.cycles for price in prices(zoo["granite"])]
    assert free == [False, True, False, True, False, False]


def test_engines_without_a_model_are_named(zoo):
    with pytest.raises(UsageError, match="no cost model for engine 'gpu'"):
        prices(zoo["swift"], "gpu")
