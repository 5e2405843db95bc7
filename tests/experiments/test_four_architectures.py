import dataclasses

import numpy as np
import pandas as pd
import pytest

from scalinglab import experiments
from scalinglab.experiments import four_architectures

TINY = four_architectures.Config(
    architectures=("CNN",),
    orders=("original",),
    forward_flop=(3e3,),
    learning_rates=(0.02,),
    seeds=(0, 1),
    steps=200,
)


def test_a_stored_cell_comes_out_again():
    assert len(experiments.quick("four_architectures")) == 4


def test_the_same_seed_gives_the_same_result_and_wrong_labels_teach_nothing():
    first, again = (four_architectures.run(TINY) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    wrong = four_architectures.run(dataclasses.replace(TINY, shuffled_labels=True))
    assert (first["test_error"] < 0.75).all()
    assert wrong["test_error"].between(0.86, 0.94).all()


def test_all_train_at_equal_steps_and_equal_compute():
    rungs = experiments.load("four_architectures").groupby("rung")["training_flop"]
    assert (rungs.max() < 1.4 * rungs.min()).all()  # widths are whole: the smallest fit least


def made_up(error):
    rows = [
        {"architecture": "MLP", "order": "original", "rung": rung, "learning_rate": rate}
        | {"seed": seed, "width": 1, "training_flop": rung, "validation_error": rate}
        | {"test_error": error(rung) * (1 + seed / 10)}
        for rung in (1e3, 1e4, 1e5)
        for rate in (0.1, 0.2)
        for seed in (0, 1)
    ]
    return pd.DataFrame(rows)


def test_the_rate_is_chosen_on_validation_and_slopes_are_exponents():
    frame = made_up(lambda flop: 3 * flop**-0.3)
    frame.loc[frame["learning_rate"] == 0.2, "test_error"] = 0.001  # better, but not to be known
    chosen = four_architectures.tuned(frame)
    assert len(chosen) == 6 and (chosen["learning_rate"] == 0.1).all()
    slopes = four_architectures.slopes(chosen)["slope"]
    assert slopes.tolist() == pytest.approx([-0.3, -0.3])


def test_the_cost_of_equal_error_is_read_between_the_rungs():
    chosen = four_architectures.tuned(made_up(lambda flop: flop**-0.5))
    reached = four_architectures.flop_at_error(chosen, 10**-2.25)
    np.testing.assert_allclose(reached["training_flop"], [10**4.5, 10**4.5 * 1.1**2], rtol=1e-6)
    assert four_architectures.flop_at_error(chosen, 1e-9)["training_flop"].isna().all()
