import dataclasses

import pandas as pd
import pytest

from scalinglab import experiments
from scalinglab.experiments import _networks, distil

TINY = distil.Config(
    students=("MLP",),
    forward_flop=(1e4,),
    arms=("labels", "teacher, new signals", "labels, new signals"),
    seeds=(0,),
    teacher_width=12,
    steps=240,
    new_signals=4000,
)


def test_a_stored_cell_comes_out_again():
    assert len(experiments.quick("distil")) == 4


def test_the_same_seed_gives_the_same_result_and_a_misled_teacher_teaches_nothing():
    first, again = (distil.run(TINY) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    wrong = distil.run(dataclasses.replace(TINY, shuffled_labels=True)).set_index("arm")["accuracy"]
    right = first.set_index("arm")["accuracy"]
    assert (right > 0.25).all()
    # Only the labelled signals were shuffled: true labels of the new ones teach as before.
    assert wrong[["labels", "teacher, new signals"]].between(0.05, 0.16).all()
    assert wrong["labels, new signals"] == right["labels, new signals"]


def test_the_bill_is_the_teacher_and_the_paid_arm_spends_it():
    rows = experiments.load("distil")
    config = distil.SCALES["full"]
    teacher = _networks.CNN(config.teacher_width)
    training = _networks.training_flop(teacher, config.steps, config.batch)
    bill = rows.groupby("arm")["bill_flop"].unique().str[0]
    assert bill["teacher"] == training + teacher.flop * config.labelled_signals
    assert bill["teacher, new signals"] == training + teacher.flop * config.new_signals
    assert (bill[["labels", "labels, new signals", "labels, paid"]] == 0).all()
    total = rows.assign(total=rows["training_flop"] + rows["bill_flop"])
    total = total.groupby(["student", "rung", "arm"])["total"].first().unstack()
    assert (total["labels, paid"] / total["teacher"]).to_list() == pytest.approx(
        [1] * len(total), rel=0.01
    )
    steps = rows.loc[rows["arm"] != "labels, paid"].groupby(["student", "rung"])["training_flop"]
    assert (steps.nunique() == 1).all()
