"""Multilayer perceptrons whose weights can be masked: drawn by NumPy, trained by JAX.

A network is a list of layers ``(weights, bias)``, weights of shape (inputs, outputs); a mask is
one array of zeros and ones per layer. Initial weights and the order of the examples are drawn
outside of the compiled function: JAX's own random numbers would take longer to compile than the
rest of a training run.

Compute is counted in multiply-adds of the matrix products, two FLOP each, forward once and
backward twice: six FLOP per weight and example. A weight that is zero costs nothing, as on
hardware that could use it; the dense products that a CPU computes all the same are not counted.
"""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import optax

FLOP_PER_WEIGHT = 6


def training_flop(weights: float, examples: float) -> float:
    """Return the FLOP of training this many non-zero weights on this many examples."""
    return FLOP_PER_WEIGHT * float(weights) * float(examples)


def start(widths: tuple[int, ...], rng: np.random.Generator) -> list:
    """Draw layers with weights of variance 2 over inputs and zero biases."""
    return [
        (
            rng.normal(0, (2 / a) ** 0.5, (a, b)).astype(np.float32),
            np.zeros(b, np.float32),
        )
        for a, b in pairwise(widths)
    ]


def stack(trees: list):
    """Return trees of equal form as one with a leading axis, for ``vmap``."""
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)


def order(examples: int, steps: int, batch: int, rng: np.random.Generator) -> np.ndarray:
    """Return the examples of each step, (steps, batch): one shuffled pass after another."""
    passes = -(-steps * batch // examples)
    shuffled = np.concatenate([rng.permutation(examples) for _ in range(passes)])
    return shuffled[: steps * batch].reshape(steps, batch).astype(np.int32)


def masked(layers: list, masks: list) -> list:
    """Return the layers with the weights set to zero where the mask is."""
    return [(w * m, b) for (w, b), m in zip(layers, masks, strict=True)]


def logits(layers: list, x):
    """Return the outputs of the network, (n, classes), for inputs (n, features)."""
    for weights, bias in layers[:-1]:
        x = jax.nn.relu(x @ weights + bias)
    weights, bias = layers[-1]
    return x @ weights + bias


def loss(layers: list, x, y):
    """Return the mean cross-entropy, nats, of inputs (n, features) with classes (n,)."""
    return optax.softmax_cross_entropy_with_integer_labels(logits(layers, x), y).mean()


def class_accuracy(layers: list, x, y, classes: int):
    """Return the share of right answers in each class, (classes,)."""
    right = logits(layers, x).argmax(axis=-1) == y
    member = jax.nn.one_hot(y, classes)
    return right @ member / jnp.maximum(member.sum(axis=0), 1)
