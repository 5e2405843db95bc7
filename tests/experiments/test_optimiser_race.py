import dataclasses

import jax
import numpy as np
import pandas as pd
import pytest

from scalinglab import experiments
from scalinglab.experiments import optimiser_race

TINY = optimiser_race.Config(
    optimisers=("Muon",),
    rates=(2,),
    seeds=(0,),
    targets=(1.8,),
    width=32,
    depth=3,
    steps=200,
    training_signals=4000,
)


def test_a_stored_cell_comes_out_again():
    assert len(experiments.quick("optimiser_race")) == 2


def test_the_same_seed_gives_the_same_race_and_wrong_labels_never_arrive():
    outcome = ["steps", "validation_steps"]
    first, again = (optimiser_race.run(TINY)[outcome] for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert first["steps"].lt(200).all()
    wrong = optimiser_race.run(dataclasses.replace(TINY, shuffled_labels=True))
    assert wrong[outcome].isna().all(axis=None)


def test_only_a_sweep_is_timed():
    assert optimiser_race.run_cell(TINY, "Muon")["step_cpu_milliseconds"].gt(0).all()
    assert optimiser_race.run(TINY)["step_cpu_milliseconds"].isna().all()


def test_the_products_of_muon_cost_what_the_compiler_counts():
    weights = {"hidden 1": np.ones((48, 48), np.float32)}

    def update(gradient, weights):
        muon = optimiser_race.transformation("Muon", 0.1, weights)
        return muon.update(gradient, muon.init(weights), weights)[0]

    lowered = jax.jit(update).lower(weights, weights)
    counted = lowered.compile().cost_analysis()["flops"]
    one_round = optimiser_race.muon_flop(48, 48) / optimiser_race.NEWTON_SCHULZ
    rounds = counted / one_round
    assert 0.95 < rounds < 1.6 or 4.7 < rounds < 6.5  # a loop counts once


def test_muon_makes_an_update_nearly_orthogonal_and_leaves_the_rest_to_adam():
    rng = np.random.default_rng(0)
    weights = {"in": rng.normal(size=(40, 8)), "hidden 1": rng.normal(size=(8, 8))}
    weights = jax.tree.map(np.float32, weights)
    muon = optimiser_race.transformation("Muon", 1.0, weights)
    update, _ = muon.update(weights, muon.init(weights), weights)
    singular = np.linalg.svd(update["hidden 1"], compute_uv=False)
    assert (singular > 0.5).all() and (singular < 1.4).all()
    first_step = 1 + 0.9 * 0.1 / (1 - 0.9**2)  # of Adam with Nesterov's momentum, times its rate
    adam = optimiser_race.ADAM_IN_MUON * first_step
    np.testing.assert_allclose(np.abs(update["in"]), adam, rtol=0.01)


def test_the_moment_of_arrival_lies_between_two_looks():
    losses = np.array([2.0, 1.5, 1.0, 1.2])
    # Looks at steps 20, 40, 60, 80: the curve falls from 1.5 to 1.0 between the second and third.
    assert optimiser_race.first_below(losses, 1.25, 20) == pytest.approx(50)
    assert optimiser_race.first_below(losses, 2.0, 20) == 20
    assert np.isnan(optimiser_race.first_below(losses, 0.9, 20))


def test_the_rate_is_chosen_on_validation_and_must_arrive_with_every_seed():
    rows = [
        ("Adam", rate, 1.0, seed, validation, test, test, 1.0)
        for rate, values in {0.1: (50, 10), 0.2: (40, 90), 0.3: (np.nan, 1)}.items()
        for seed, (validation, test) in enumerate([values, (45, 20)])
    ]
    columns = list(optimiser_race.SCHEMA.columns)
    chosen = optimiser_race.raced(pd.DataFrame(rows, columns=columns))
    assert (chosen["learning_rate"] == 0.2).all() and len(chosen) == 2
