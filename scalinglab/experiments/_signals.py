"""MNIST-1D: signals of 40 numbers with ten classes, made on the spot.

The recipe, its templates and its constants are those of the package ``mnist1d`` (Greydanus and
Kobak, "Scaling down deep learning with MNIST-1D", arXiv:2011.14439). The package deforms one
signal at a time, about 3,000 a second; the experiments draw tens of thousands of new signals for
every seed, so here all are deformed at once, about a hundred times as fast.
"""

import numpy as np

LENGTH, CLASSES = 40, 10
SHUFFLE_SEED = 0  # one order of positions for all seeds: "shuffled" is one data set


def draw(n: int, seed: int, *, shuffled: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return n new signals, (n, 40), and their classes, (n,), in random order.

    The classes are equally frequent (n is a multiple of ten, else a ValueError), the signals have
    mean 0 and standard deviation 1 overall. shuffled: the 40 positions stand in another order, the
    same for every signal and seed.
    """
    from mnist1d.data import get_dataset_args, get_templates

    if n % CLASSES:
        raise ValueError(f"n is {n}; it must be a multiple of {CLASSES}")
    rng, recipe, templates = np.random.default_rng(seed), get_dataset_args(), get_templates()
    y = rng.permutation(np.repeat(np.arange(CLASSES), n // CLASSES))
    length = recipe.template_len + recipe.padding[-1]
    x = deform(
        templates["x"][y],
        recipe,
        padding=rng.integers(recipe.padding[0], recipe.padding[1] + 1, n),
        scale=rng.random(n),
        shift=rng.integers(recipe.max_translation, size=n),
        smooth_noise=rng.standard_normal((n, length)),
        noise=rng.standard_normal((n, length)),
        shear=rng.random(n),
    )
    x = (x - x.mean()) / x.std()
    if shuffled:
        x = x[:, np.random.default_rng(SHUFFLE_SEED).permutation(LENGTH)]
    return x.astype(np.float32), y.astype(np.int32)


def deform(
    x: np.ndarray,
    recipe,
    padding: np.ndarray,
    scale: np.ndarray,
    shift: np.ndarray,
    smooth_noise: np.ndarray,
    noise: np.ndarray,
    shear: np.ndarray,
) -> np.ndarray:
    """Return templates x (n, 12) as signals (n, 40): ``mnist1d.transform.transform``, all at once.

    recipe: the package's settings. padding: zeros appended to a template, before it is stretched
    to 72 points. scale, shear: (n,), uniform from 0 to 1. shift: (n,), points to the right.
    smooth_noise, noise: (n, 72), standard normal; the first is smoothed and fills the silence.
    """
    from scipy.ndimage import gaussian_filter1d

    length = smooth_noise.shape[1]
    padded = np.pad(x + 1e-8, ((0, 0), (0, length - x.shape[1])))
    x = _at(padded, np.linspace(0, 1, length) * (x.shape[1] + padding - 1)[:, None])
    x = x * (1 + recipe.scale_coeff * (scale[:, None] - 0.5))
    x = np.take_along_axis(x, (np.arange(length) - shift[:, None]) % length, axis=1)
    silence = gaussian_filter1d(recipe.corr_noise_scale * smooth_noise, 2, axis=1)
    x = np.where(x != 0, x, silence) + recipe.iid_noise_scale * noise
    x = x - recipe.shear_scale * (shear[:, None] - 0.5) * np.linspace(-0.5, 0.5, length)
    return _at(x, np.linspace(0, length - 1, recipe.final_seq_length)[None, :])


def _at(x: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return x (n, m), linear between its points, at the places (n or 1, k) counted in points."""
    place = np.broadcast_to(place, (len(x), place.shape[1]))
    left = np.minimum(place.astype(int), x.shape[1] - 2)
    before, after = (np.take_along_axis(x, left + i, axis=1) for i in (0, 1))
    return before + (place - left) * (after - before)
