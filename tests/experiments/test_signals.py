"""The signals are those of the package mnist1d."""

import numpy as np
import pytest
from mnist1d.data import get_dataset_args, get_templates
from mnist1d.transform import transform

from scalinglab.experiments import _signals


def test_a_signal_is_the_one_that_the_package_makes_of_the_same_random_numbers():
    recipe, templates = get_dataset_args(), get_templates()
    low, high = recipe.padding
    length = recipe.template_len + high
    for seed in range(20):
        template = templates["x"][seed % 10]
        np.random.seed(seed)  # noqa: NPY002 (the package draws from the global generator)
        expected, _ = transform(template, templates["t"], recipe)
        np.random.seed(seed)  # noqa: NPY002
        draw = np.random.rand, np.random.randn
        padding = low + int(draw[0]() * (high - low + 1))
        scale = draw[0]()
        shift = np.random.choice(recipe.max_translation)  # noqa: NPY002
        numbers = padding, scale, shift, draw[1](length), draw[1](length), draw[0]()
        ours = _signals.deform(template[None], recipe, *(np.array([n]) for n in numbers))
        np.testing.assert_allclose(ours[0], expected, rtol=1e-9, atol=1e-12)


def test_a_set_is_standardised_balanced_and_belongs_to_its_seed():
    x, y = _signals.draw(2000, 3)
    assert x.shape == (2000, 40) and x.dtype == np.float32
    assert abs(x.mean()) < 1e-5 and abs(x.std() - 1) < 1e-5
    assert (np.bincount(y) == 200).all()
    np.testing.assert_array_equal(_signals.draw(2000, 3)[0], x)
    assert not np.array_equal(_signals.draw(2000, 4)[0], x)


def test_shuffling_moves_the_positions_of_all_signals_alike():
    (x, y), (moved, same) = (_signals.draw(100, 5, shuffled=s) for s in (False, True))
    np.testing.assert_array_equal(y, same)
    order = [int(np.flatnonzero((moved == column[:, None]).all(axis=0))[0]) for column in x.T]
    assert sorted(order) == list(range(40)) != order
    other = _signals.draw(100, 6, shuffled=True)[0]
    np.testing.assert_array_equal(other[:, order], _signals.draw(100, 6)[0])


def test_classes_must_be_equally_frequent():
    with pytest.raises(ValueError, match="multiple of 10"):
        _signals.draw(101, 0)
