import dataclasses

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from scalinglab import experiments
from scalinglab.experiments import early_exit
from tests.experiments.test_networks import compiled_flop

TINY = early_exit.Config(widths=(16,), seeds=(0, 1), steps=400, thresholds=(0.6, 0.9))


def test_a_stored_cell_comes_out_again():
    assert experiments.quick("early_exit")["seed"].nunique() == 3


def test_the_same_seed_gives_the_same_result_and_wrong_labels_leave_nothing_to_gain():
    first, again = (early_exit.run(TINY) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert (first["accuracy"] > 0.85).all()
    wrong = early_exit.run(dataclasses.replace(TINY, shuffled_labels=True))
    assert (wrong["accuracy"] < 0.2).all()
    mean = wrong.groupby("policy")["accuracy"].mean()
    assert mean["cascade"] == pytest.approx(mean["random exit"], abs=0.03)


def test_an_exit_costs_what_the_compiler_counts():
    weights = early_exit.init(np.random.default_rng(0), 64, 4)
    counted = compiled_flop(lambda w, x: early_exit.apply(w, x, 4), weights, jnp.ones((32, 64)))
    costs = early_exit.exit_flop(64, 4)
    assert costs[-1] <= counted / 32 < 1.1 * costs[-1]
    first = compiled_flop(lambda w, x: early_exit.apply(w, x, 1), weights, jnp.ones((32, 64)))
    assert costs[0] <= first / 32 < 1.1 * costs[0]


def test_the_lot_costs_what_the_cascade_costs():
    mean = early_exit.run(TINY).set_index(["policy", "setting", "seed"])["flop"]
    np.testing.assert_allclose(mean["cascade"], mean["random exit"])
    assert mean["fixed exit"].groupby("setting").nunique().eq(1).all()


def test_the_threshold_is_the_cheapest_that_validation_allows():
    def row(policy, setting, flop_share, validation, test):
        named = {"width": 8, "seed": 0, "policy": policy, "setting": setting, "flop": 100.0}
        told = {"flop_share": flop_share, "validation_accuracy": validation, "accuracy": test}
        return named | told

    frame = pd.DataFrame(
        [
            row("fixed exit", 1.0, 0.1, 0.5, 0.5),
            row("fixed exit", 2.0, 1.0, 0.9, 0.9),
            row("cascade", 0.5, 0.2, 0.890, 0.95),  # cheap, but loses a point
            row("cascade", 0.7, 0.3, 0.896, 0.88),
            row("cascade", 0.9, 0.6, 0.9, 0.9),
            row("random exit", 0.7, 0.3, 0.7, 0.7),
        ]
    )
    (chosen,) = early_exit.kept(frame).to_dict("records")
    assert chosen["setting"] == 0.7 and chosen["flop_share"] == 0.3
    assert chosen["lost"] == pytest.approx(0.02)
    assert chosen["over_random"] == pytest.approx(0.18)
