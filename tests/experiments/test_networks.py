"""The networks cost what they say, and train as written."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from scalinglab.experiments import _networks, _signals

BATCH = 32


def compiled_flop(function, *arguments):
    return jax.jit(function).lower(*arguments).compile().cost_analysis()["flops"]


@pytest.mark.parametrize("name", _networks.NETWORKS)
def test_a_forward_pass_costs_what_the_compiler_counts(name):
    network = _networks.NETWORKS[name](24)
    weights = network.init(np.random.default_rng(0))
    expected, length = network.flop, _signals.LENGTH
    if name == "GRU":  # the compiler counts the body of a loop once: compare one position
        head = 2 * network.width * _signals.CLASSES
        expected, length = (network.flop - head) / length + head, 1
    counted = compiled_flop(network.apply, weights, jnp.ones((BATCH, length))) / BATCH
    assert expected <= counted < 1.15 * expected


def test_a_step_of_training_costs_three_forward_passes():
    network = _networks.MLP(64)
    weights = network.init(np.random.default_rng(0))

    def gradient(weights, x, y):
        def loss(weights):
            logits = network.apply(weights, x)
            return optax.losses.softmax_cross_entropy_with_integer_labels(logits, y).mean()

        return jax.grad(loss)(weights)

    counted = compiled_flop(gradient, weights, jnp.ones((BATCH, 40)), jnp.zeros(BATCH, int))
    told = _networks.training_flop(network, steps=1, batch=BATCH)
    # The gradient of the signals themselves is not needed, so the first layer costs two passes.
    assert 0.75 * told < counted < 1.05 * told


@pytest.mark.parametrize("name", _networks.NETWORKS)
@pytest.mark.parametrize("flop", [3e3, 8e4])
def test_widths_are_matched_by_cost(name, flop):
    network = _networks.NETWORKS[name](_networks.nearest_width(name, flop))
    assert network.flop == pytest.approx(flop, rel=0.25)


@pytest.mark.parametrize("kernel", [3, 5])
def test_windows_make_the_convolution_of_the_compiler(kernel):
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(2, 40, 4)), rng.normal(size=(kernel, 4, 6))
    expected = jax.lax.conv_general_dilated(
        x, weights, [2], [(kernel // 2, kernel // 2)], dimension_numbers=("NWC", "WIO", "NWC")
    )
    ours = _networks._windows(jnp.array(x), kernel) @ weights.reshape(kernel * 4, 6)
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-4)


def test_training_is_gradient_descent_and_judges_after_each_part():
    batches = np.arange(1.0, 7.0)
    weights, told = _networks.train(
        lambda w, batch: w["a"] * batch,
        optax.sgd(0.5),
        {"a": jnp.array(0.0)},
        batches,
        lambda w: w["a"],
        checks=3,
    )
    np.testing.assert_allclose(told, -0.5 * batches.cumsum()[1::2])
    np.testing.assert_allclose(weights["a"], -0.5 * batches.sum())


def test_runs_one_by_one_are_the_runs():
    runs = [(np.float32(i), np.full(3, i + 1.0)) for i in range(4)]
    result = _networks.one_by_one(lambda one, k: one[0] + k * one[1], _networks.stacked(runs), 2.0)
    np.testing.assert_allclose(result, [i + 2 * np.full(3, i + 1.0) for i, _ in runs])
