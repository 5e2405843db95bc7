"""Experiments that remove weights: before, during or after training."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalinglab import experiments
from scalinglab.experiments import predict_the_weights as predicting
from scalinglab.experiments import prune_or_start_small as pruning

SMALL = pruning.Config(
    seeds=(0, 1),
    hidden=(30,),
    masks_hidden=30,
    sparsities=(0.8,),
    train_examples=500,
    test_examples=500,
    steps=200,
    round_steps=20,
    rewind_step=20,
)
FEW = predicting.Config(
    seeds=(0, 1),
    datasets=("digits",),
    predictors=("none", "covariance", "zero"),
    shares=(0.05, 0.5),
    hidden=20,
    steps=200,
)


@pytest.fixture(scope="module")
def rows():
    return pruning.run(SMALL)


def test_every_method_has_as_many_weights_as_it_says(rows):
    dense = pruning.weights_in((40, 30, 30, 10))
    kept = rows.set_index("method")["weights"]
    assert (kept["dense"] == dense).all()
    for method in ("pruned", "rewound", "re-initialised", "random", "moving"):
        assert (kept[method] == round(0.2 * dense)).all(), method
    assert (kept["small"] <= 0.2 * dense).all()


def test_equal_compute_is_equal_to_one_round(rows):
    cost = rows.groupby(["method", "budget"])["training_flop"].first()
    for method in ("small", "moving"):
        assert cost[method, "flop"] == pytest.approx(cost["pruned", "steps"], rel=0.06)
    assert cost["pruned", "steps"] < cost["dense", "steps"] < cost["rewound", "steps"]
    assert (rows.query("budget == 'steps'")["steps"] == SMALL.steps).all()


def test_the_same_seed_gives_the_same_result(rows):
    again = pruning.run(dataclasses.replace(SMALL, seeds=(0,), parts=("dense", "pruned")))
    keys = pruning.SCHEMA.unique
    both = again.merge(rows, on=keys, suffixes=("", "_first"))
    assert len(both) == len(again)
    np.testing.assert_allclose(both["accuracy_percent"], both["accuracy_percent_first"], atol=0.5)
    pd.testing.assert_frame_equal(
        again, pruning.run(dataclasses.replace(SMALL, seeds=(0,), parts=("dense", "pruned")))
    )


def test_shuffled_labels_leave_nothing_to_lose():
    config = dataclasses.replace(SMALL, shuffle_labels=True, parts=("dense", "pruned", "small"))
    means = pruning.run(config).groupby(["method", "budget"])["accuracy_percent"].mean()
    assert means.between(6, 14).all(), means


@given(st.integers(20, 300), st.floats(0.1, 0.97))
def test_the_small_network_is_the_largest_that_fits(hidden, sparsity):
    width = pruning.small_hidden(hidden, sparsity)
    left = (1 - sparsity) * pruning.weights_in((40, hidden, hidden, 10))
    assert pruning.weights_in((40, width, width, 10)) <= left + 1e-6 or width == 1
    assert pruning.weights_in((40, width + 1, width + 1, 10)) > left - 1e-6


@given(st.floats(0, 1))
def test_weights_only_leave(sparsity):
    plan = pruning._densities(pruning.Config(), sparsity)
    assert plan[0] == 1 and (np.diff(plan) <= 1e-7).all()
    assert plan[-1] == pytest.approx(1 - sparsity, abs=1e-6)


@pytest.fixture(scope="module")
def predicted():
    return predicting.run(FEW)


def test_more_trained_weights_lose_less(predicted):
    mean = predicted.groupby(["predictor", "groups", "trained_share"])["accuracy_percent"].mean()
    assert mean["covariance", 1, 0.05] < mean["covariance", 1, 0.5]
    assert mean["zero", 10, 0.05] < mean["covariance", 10, 0.05] < mean["none", 10, 1.0]


def test_predicting_is_deterministic(predicted):
    pd.testing.assert_frame_equal(predicting.run(FEW), predicted)


def test_shuffled_labels_leave_nothing_to_predict():
    config = dataclasses.replace(FEW, shuffle_labels=True, predictors=("none", "covariance"))
    means = (
        predicting.run(config).groupby(["predictor", "trained_share"])["accuracy_percent"].mean()
    )
    assert means.between(5, 16).all(), means


@pytest.mark.parametrize("predictor", ["covariance", "smooth", "shuffled", "zero"])
def test_a_map_leaves_trained_weights_nearly_as_they_are(predictor):
    x = predicting._data(FEW, "digits")[0][0]
    config = dataclasses.replace(FEW, ridge=1e-6)
    maps, trained = predicting._maps(config, predictor, 3, 0.1, x)
    assert maps.shape == (2, 3, 64, 64) and trained == 6
    for group in maps.reshape(-1, 64, 64):
        chosen = np.flatnonzero(np.abs(group).sum(axis=0))
        assert len(chosen) <= trained
        varying = [c for c in chosen if group[c, c] > 0.5]  # some pixels are always blank
        np.testing.assert_allclose(group[np.ix_(varying, varying)], np.eye(len(varying)), atol=0.02)


def test_a_full_map_predicts_nothing():
    x = predicting._data(FEW, "digits")[0][0]
    maps, trained = predicting._maps(FEW, "none", 10, 1.0, x)
    assert trained == 64
    np.testing.assert_array_equal(maps, np.broadcast_to(np.eye(64), maps.shape))


def test_means_over_seeds_come_from_one_row_each(predicted):
    condition = {"predictor": "covariance", "groups": 10, "trained_share": 0.05}
    assert len(experiments.by_seed(predicted, "accuracy_percent", **condition)) == 2
