import jax
import numpy as np
import pytest

from scalinglab.experiments import _mlp, dirty_crawl, long_tail, predict_the_weights
from scalinglab.experiments import prune_or_start_small as pruning
from tests.experiments import compiler

BATCH = 64


def one_step(widths):
    """Return the compiler's count of one gradient, and the weights of the network."""
    layers = _mlp.start(widths, np.random.default_rng(0))
    x, y = np.zeros((BATCH, widths[0]), np.float32), np.zeros(BATCH, int)
    return compiler.flop(jax.grad(_mlp.loss), layers, x, y), pruning.weights_in(widths)


@pytest.mark.parametrize("widths", [(40, 200, 200, 10), (40, 100, 100, 10), (40, 64, 64, 10)])
def test_six_flop_a_weight_is_the_compilers_count(widths):
    """It has no gradient of the inputs, which saves up to a sixth, and the element-wise work."""
    counted, weights = one_step(widths)
    assert counted == pytest.approx(_mlp.training_flop(weights, BATCH), rel=0.15)


def test_the_experiments_count_alike():
    tail, crawl = long_tail.Config(batch=BATCH), dirty_crawl.Config(batch=BATCH)
    counted, _ = one_step((tail.key_length, 256, tail.labels))
    assert long_tail.training_flop(tail, 256, 1) == pytest.approx(counted, rel=0.3)
    counted, _ = one_step((40, 64, 64, 10))
    assert 6 * dirty_crawl.weights_in(64) * BATCH == pytest.approx(counted, rel=0.15)
    assert dirty_crawl.filter_flop(crawl, 64, 0) == pytest.approx(300 * counted, rel=0.15)


def test_the_count_of_predicted_weights_is_the_compilers():
    """All inputs trained through full maps: the dense products that the CPU really computes."""
    config = predict_the_weights.Config(batch=BATCH, steps=1)
    groups, d, units = 10, 64, 10
    layers = [
        (np.zeros((groups, d, units), np.float32), np.zeros(100, np.float32)),
        (np.zeros((100, 10), np.float32), np.zeros(10, np.float32)),
    ]
    maps = np.zeros((groups, d, d), np.float32)
    x, y = np.zeros((BATCH, d), np.float32), np.zeros(BATCH, int)

    def loss(layers):
        return _mlp.loss(predict_the_weights._network(layers, maps), x, y)

    counted = compiler.flop(jax.grad(loss), layers)
    expected = predict_the_weights.training_flop(config, d, d - 1) * d / (d - 1)
    assert counted == pytest.approx(expected, rel=0.35)


def test_an_order_shows_every_example_once_before_any_twice():
    order = _mlp.order(10, 7, 4, np.random.default_rng(0))
    assert order.shape == (7, 4)
    assert (np.bincount(order.ravel()[:20]) == 2).all()


def test_masked_weights_do_not_count():
    layers = _mlp.start((4, 3, 2), np.random.default_rng(0))
    masks = [np.zeros_like(w) for w, _ in layers]
    out = _mlp.logits(_mlp.masked(layers, masks), np.ones((5, 4), np.float32))
    assert (np.asarray(out) == 0).all()


def test_accuracy_of_each_class():
    layers = [(np.eye(2, dtype=np.float32), np.zeros(2, np.float32))]
    x = np.array([[1, 0], [1, 0], [0, 1], [1, 0]], np.float32)
    share = _mlp.class_accuracy(layers, x, np.array([0, 0, 1, 1]), 2)
    np.testing.assert_allclose(share, [1, 0.5])
