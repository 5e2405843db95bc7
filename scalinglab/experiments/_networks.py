"""The four networks of the MNIST-1D experiments, what they cost, and one way to train them.

A network is a frozen value with one number, its width. ``init(rng)`` draws its weights, as a dict
of matrices; ``apply(weights, x)`` maps signals (batch, 40) to logits (batch, 10); ``flop`` is the
cost of one signal in one forward pass: two operations for every multiply-add of a matrix product.
Training counts three forward passes a signal (forward, and twice that for the gradient). The
compiler's own count, which adds the element-wise work, agrees to the share that the tests name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax

from scalinglab.experiments._signals import CLASSES, LENGTH

TRAINING = 3  # forward passes that a signal costs when it is learned from


@dataclass(frozen=True)
class MLP:
    """Hidden layers of one width, two by default; knows nothing of the order of positions."""

    width: int
    depth: int = 2

    def init(self, rng: np.random.Generator) -> dict:
        """Draw the weights."""
        w = self.width
        hidden = {f"hidden {i}": (w, w) for i in range(1, self.depth)}
        return drawn(rng, {"in": (LENGTH, w)} | hidden | {"out": (w, CLASSES)})

    def apply(self, weights: dict, x):
        """Return logits."""
        x = jax.nn.relu(_linear(weights, "in", x))
        for i in range(1, self.depth):
            x = jax.nn.relu(_linear(weights, f"hidden {i}", x))
        return _linear(weights, "out", x)

    @property
    def flop(self) -> int:
        """FLOP of one signal, forward."""
        w = self.width
        return 2 * (LENGTH * w + (self.depth - 1) * w * w + w * CLASSES)


@dataclass(frozen=True)
class CNN:
    """Three convolutions of stride 2 (kernels of 5, 3 and 3), read out at all five places left.

    A convolution is a matrix product of the windows (im2col): a convolution under ``vmap`` over
    weights turns into a grouped one, which the CPU compiler runs many times slower.
    """

    width: int

    def init(self, rng: np.random.Generator) -> dict:
        """Draw the weights."""
        w = self.width
        shapes = {"in": (5, w), "second": (3 * w, w), "third": (3 * w, w)}
        return drawn(rng, shapes | {"out": (5 * w, CLASSES)})

    def apply(self, weights: dict, x):
        """Return logits."""
        x = x[..., None]
        for layer, kernel in (("in", 5), ("second", 3), ("third", 3)):
            x = jax.nn.relu(_linear(weights, layer, _windows(x, kernel)))
        return _linear(weights, "out", x.reshape(*x.shape[:-2], -1))

    @property
    def flop(self) -> int:
        """FLOP of one signal, forward."""
        w = self.width
        return 2 * (20 * 5 * w + 10 * 3 * w * w + 5 * 3 * w * w + 5 * w * CLASSES)


@dataclass(frozen=True)
class GRU:
    """A gated recurrent unit that reads the positions one by one; its last state is read out."""

    width: int

    def init(self, rng: np.random.Generator) -> dict:
        """Draw the weights."""
        w = self.width
        return drawn(rng, {"in": (1, 3 * w), "state": (w, 3 * w), "out": (w, CLASSES)})

    def apply(self, weights: dict, x):
        """Return logits."""

        def read(state, value):
            reset_in, update_in, new_in = jnp.split(_linear(weights, "in", value), 3, axis=-1)
            reset_by, update_by, new_by = jnp.split(_linear(weights, "state", state), 3, axis=-1)
            update = jax.nn.sigmoid(update_in + update_by)
            new = jnp.tanh(new_in + jax.nn.sigmoid(reset_in + reset_by) * new_by)
            return update * state + (1 - update) * new, None

        start = jnp.zeros((x.shape[0], self.width), x.dtype)
        state, _ = jax.lax.scan(read, start, x.T[..., None])
        return _linear(weights, "out", state)

    @property
    def flop(self) -> int:
        """FLOP of one signal, forward."""
        w = self.width
        return 2 * (LENGTH * (3 * w + 3 * w * w) + w * CLASSES)


@dataclass(frozen=True)
class Attention:
    """One block of a transformer (one head, layer norms first) over ten patches of four positions.

    As in vision transformers, a patch is one token and its place a learned vector.
    """

    width: int

    def init(self, rng: np.random.Generator) -> dict:
        """Draw the weights."""
        w = self.width
        shapes = {"in": (LENGTH // TOKENS, w), "qkv": (w, 3 * w), "mix": (w, w)}
        shapes |= {"up": (w, 4 * w), "down": (4 * w, w), "out": (w, CLASSES)}
        place = 0.5 * rng.standard_normal((TOKENS, w), np.float32)
        return drawn(rng, shapes) | {"place": place}

    def apply(self, weights: dict, x):
        """Return logits."""
        x = _linear(weights, "in", x.reshape(*x.shape[:-1], TOKENS, -1)) + weights["place"]
        query, key, value = jnp.split(_linear(weights, "qkv", _norm(x)), 3, axis=-1)
        score = jnp.einsum("bik,bjk->bij", query, key) / self.width**0.5
        seen = jnp.einsum("bij,bjk->bik", jax.nn.softmax(score), value)
        x = x + _linear(weights, "mix", seen)
        x = x + _linear(weights, "down", jax.nn.relu(_linear(weights, "up", _norm(x))))
        return _linear(weights, "out", _norm(x).mean(axis=-2))

    @property
    def flop(self) -> int:
        """FLOP of one signal, forward."""
        w = self.width
        per_token = 4 * w + 3 * w * w + w * w + 8 * w * w + 2 * TOKENS * w
        return 2 * (TOKENS * per_token + w * CLASSES)


TOKENS = 10
NETWORKS = {"MLP": MLP, "CNN": CNN, "GRU": GRU, "attention": Attention}


def nearest_width(architecture: str, flop: float) -> int:
    """Return the width at which a forward pass costs most nearly this much, by ratio."""
    widths = np.arange(1, 2000)
    costs = np.array([NETWORKS[architecture](int(w)).flop for w in widths])
    return int(widths[np.abs(np.log(costs / flop)).argmin()])


def drawn(rng: np.random.Generator, shapes: dict[str, tuple[int, int]]) -> dict:
    """Return a matrix (variance 2 over inputs: He) and a zero bias for every layer."""
    weights = {}
    for layer, shape in shapes.items():
        size = np.float32((2 / shape[0]) ** 0.5)
        weights[layer] = size * rng.standard_normal(shape, np.float32)
        weights[f"{layer} bias"] = np.zeros(shape[1], np.float32)
    return weights


def train(loss: Callable, optimiser, weights: dict, batches, judge: Callable, checks: int):
    """Train by one gradient step for each batch; return the last weights, and what was judged.

    loss(weights, batch): a number. batches: a tree of arrays whose first axis counts the steps,
    drawn beforehand: a random generator inside the compiled step doubles the time to compile it.
    judge(weights): a dict of numbers, taken after each of ``checks`` equal parts of the steps (a
    multiple of checks), so (checks,) each.
    """

    def step(carry, batch):
        weights, state = carry
        change, state = optimiser.update(jax.grad(loss)(weights, batch), state, weights)
        return (optax.apply_updates(weights, change), state), None

    def part(carry, batches):
        carry, _ = jax.lax.scan(step, carry, batches)
        return carry, judge(carry[0])

    parts = jax.tree.map(lambda b: b.reshape(checks, -1, *b.shape[1:]), batches)
    (weights, _), told = jax.lax.scan(part, (weights, optimiser.init(weights)), parts)
    return weights, told


def compiled(function: Callable) -> Callable:
    """Compile a function of whole runs: at level 1 in half the time, and it runs as fast."""
    return jax.jit(function, compiler_options={"xla_backend_optimization_level": 1})


def one_by_one(run: Callable, runs, *shared):
    """Apply ``run(one, *shared)`` to every run in ``runs``, a tree of arrays with a first axis.

    One loop in one compiled program. ``jax.vmap`` over the runs takes twice as long to compile
    and, on one core, as long or longer to run: its products of many small matrices are slower.
    """
    return compiled(lambda runs, *shared: jax.lax.map(lambda one: run(one, *shared), runs))(
        runs, *shared
    )


def stacked(trees: list):
    """Return a list of trees of arrays as one tree whose arrays have a new first axis."""
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)


def training_flop(network, steps: int, batch: int) -> float:
    """Return what training costs: three forward passes of each signal drawn."""
    return float(TRAINING * network.flop * batch * steps)


def _linear(weights: dict, layer: str, x):
    return x @ weights[layer] + weights[f"{layer} bias"]


def _norm(x):
    x = x - x.mean(axis=-1, keepdims=True)
    return x * jax.lax.rsqrt((x * x).mean(axis=-1, keepdims=True) + 1e-5)


def _windows(x, kernel: int):
    """Return the windows of a strided, padded convolution: (batch, L, C) to (batch, L/2, k C)."""
    length = x.shape[-2]
    places = np.arange(0, length, 2)[:, None] + np.arange(kernel)
    side = kernel // 2
    padded = jnp.pad(x, ((0, 0), (side, side), (0, 0)))
    return padded[:, places].reshape(x.shape[0], len(places), -1)
