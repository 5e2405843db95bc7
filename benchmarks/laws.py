"""What `scalinglab.laws` costs, against the published procedure and against a package.

    python benchmarks/laws.py

measures everything in one run on one thread (about five minutes, almost all of it the
procedures compared with), prints a table and writes `benchmarks/laws.csv`. All methods fit
L = E + A N^-alpha + B D^-beta to the same 240 digitised Chinchilla runs by the same objective, the
Huber loss with delta = 1e-3 on log residuals. Times are processor seconds, memory is the
peak of the whole process.

* `published`: the procedure of Hoffmann et al. 2022 as Besiroglu et al. 2024 ran it: BFGS on the
  log-sum-exp form with SciPy's settings and gradients by `autograd`, from a grid of 4,500 starts;
  each bootstrap resample starts once, from the constants that Hoffmann et al. printed.
* `published, analytic`: the same with the gradient written out in NumPy, and each resample started
  from the optimum of all points: a faster opponent than the published one.
* `chinchilla`: the package of that name, its own grid of 3,125 starts, in its faster float64
  setting and without its process pool.

Packages that are not installed are left out, and the output says so. `share_worse` is the share of
resamples (or of the one fit) on which a method's optimum is worse than scalinglab's by over 1e-6.
"""

import argparse
import functools
import itertools
import os
import resource
import tempfile
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy: every method is measured on one thread

import joblib
import numpy as np
import pandas as pd
from scipy.optimize import minimize

from scalinglab import checked, laws, tables

DELTA = 1e-3
HOFFMANN = (6.0073404, 6.0179186, 0.5267228, 0.33917084, 0.2849083)  # log A, B, E; alpha, beta
RESAMPLES = 4000
STARTS = list(
    itertools.product(
        np.arange(0, 30, 5),  # log A
        np.arange(0, 30, 5),  # log B
        np.arange(-1, 1.5, 0.5),  # log E
        np.arange(0, 2.5, 0.5),  # alpha
        np.arange(0, 2.5, 0.5),  # beta
    )
)


def chinchilla_points() -> tuple[dict, np.ndarray]:
    runs = tables.load("chinchilla_runs")
    runs = runs[~runs["excluded"]]
    x = {"N": runs["parameters"].to_numpy(float), "D": runs["tokens"].to_numpy(float)}
    return x, runs["loss_nats"].to_numpy(float)


def analytic(theta, n, d, loss):
    """Return the Huber loss of the log-sum-exp form and its gradient."""
    a, b, e, alpha, beta = theta
    log_n, log_d, log_loss = np.log(n), np.log(d), np.log(loss)
    terms = np.exp(np.stack([a - alpha * log_n, b - beta * log_d, np.full_like(log_n, e)]))
    total = terms.sum(axis=0)
    r = np.log(total) - log_loss
    slope = np.clip(r, -DELTA, DELTA)
    pull = terms / total * slope
    gradient = [*pull.sum(axis=1), -(pull[0] @ log_n), -(pull[1] @ log_d)]
    return (slope * (r - slope / 2)).sum(), np.array(gradient)


def by_autograd():
    """Return the same function with its gradient taken by `autograd`."""
    import autograd
    import autograd.numpy as anp

    def objective(theta, n, d, loss):
        a, b, e, alpha, beta = theta
        terms = anp.exp(a - alpha * anp.log(n)) + anp.exp(b - beta * anp.log(d)) + anp.exp(e)
        r = anp.log(loss) - anp.log(terms)
        inside = anp.abs(r) <= DELTA
        return anp.sum(anp.where(inside, 0.5 * r**2, DELTA * (anp.abs(r) - 0.5 * DELTA)))

    gradient = autograd.grad(objective)
    return lambda *args: (objective(*args), gradient(*args))


def published_fit(objective, x, y, starts=STARTS):
    """Return the best of BFGS from every start: (theta, objective)."""
    points = x["N"], x["D"], y
    with np.errstate(all="ignore"):
        runs = [minimize(objective, np.array(s), points, "BFGS", jac=True) for s in starts]
    best = min(runs, key=lambda run: run.fun if np.isfinite(run.fun) else np.inf)
    return best.x, best.fun


def published_bootstrap(objective, x, y, theta):
    """Return the optima of the resamples that `scalinglab` draws with seed 0."""
    found = []
    for i in range(RESAMPLES):
        rows = np.random.default_rng([0, i]).choice(len(y), len(y))
        resampled = {name: values[rows] for name, values in x.items()}
        found.append(published_fit(objective, resampled, y[rows], [theta])[1])
    return np.array(found)


def package_fit(x, y):
    """Return the optimum of the package `chinchilla` on the same objective."""
    import chinchilla.core
    from chinchilla._metrics import log_huber

    chinchilla.core.DTYPE = np.double
    grid = {
        "E": np.linspace(1.1, 1.5, 5),
        "A": np.linspace(200, 1000, 5),
        "B": np.linspace(200, 1000, 5),
        "alpha": np.linspace(0.1, 0.5, 5),
        "beta": np.linspace(0.1, 0.5, 5),
    }
    with tempfile.TemporaryDirectory() as folder:
        package = chinchilla.core.Chinchilla(
            folder, grid, loss_fn=functools.partial(log_huber, delta=DELTA), log_level=40
        )
        for n, d, loss in zip(x["N"], x["D"], y, strict=True):
            package.append(N=n, D=d, loss=loss)
        package.visualizer.optim = lambda *args, **kwargs: None  # draws a figure
        seconds, _ = timed(lambda: package.fit(parallel=False))
        p = package.params
    theta = [np.log(p["A"]), np.log(p["B"]), np.log(p["E"]), p["alpha"], p["beta"]]
    objective = analytic(theta, x["N"], x["D"], y)[0]
    return seconds, objective


def timed(call, repeats=1, clock=time.process_time):
    """Return the median time of a call in seconds, and its last result.

    The clock counts the processor time of this process, so that other work on the machine
    disturbs less; all methods run on one thread, where it is the time one waits.
    """
    taken = []
    for _ in range(repeats):
        start = clock()
        result = call()
        taken.append(clock() - start)
    return float(np.median(taken)), result


def simulated(n: int, seed: int = 0) -> tuple[dict, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = {"N": 10 ** rng.uniform(7.5, 10, n), "D": 10 ** rng.uniform(9, 11.5, n)}
    truth = {"E": 1.8, "A": 480.0, "B": 2100.0, "alpha": 0.35, "beta": 0.37}
    return x, laws.Chinchilla().curve(truth, x) * np.exp(0.01 * rng.normal(size=n))


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only scalinglab; writes nothing")
    quick = parser.parse_args().quick
    x, y = chinchilla_points()
    n = len(y)
    rows = []

    def record(task, method, points, resamples, seconds, objective=np.nan, worse=np.nan):
        rows.append((task, method, points, resamples, seconds, objective, worse, peak_mb()))
        print(f"{task:10s} {method:24s} {points:7d} points {resamples:6d} resamples", end=" ")
        print(f"{seconds:10.4f} s  objective {objective:.12g}  worse {worse:.3g}", flush=True)

    seconds, fit = timed(lambda: laws.fit(laws.Chinchilla(), x, y), repeats=101)
    record("fit", "scalinglab", n, 0, seconds, fit.objective)
    seconds, boot = timed(lambda: fit.bootstrap(RESAMPLES, seed=0), repeats=5)
    record("bootstrap", "scalinglab", n, RESAMPLES, seconds, boot.objective.sum())
    for resamples in (250, 500, 1000, 2000, 8000, 16000):
        seconds, _ = timed(lambda r=resamples: fit.bootstrap(r, seed=0))
        record("bootstrap", "scalinglab", n, resamples, seconds)
    for points in (100, 1_000, 10_000, 100_000):
        many = simulated(points)
        seconds, large = timed(lambda m=many: laws.fit(laws.Chinchilla(), *m), repeats=3)
        record("fit", "scalinglab", points, 0, seconds, large.objective)
        seconds, _ = timed(lambda f=large: f.bootstrap(20, seed=0))
        record("bootstrap", "scalinglab", points, 20, seconds)
    with joblib.parallel_config(n_jobs=-1):
        fit.bootstrap(2, seed=0)  # starts the workers
        seconds, _ = timed(lambda: fit.bootstrap(RESAMPLES, seed=0), clock=time.perf_counter)
    cores = f"scalinglab, {joblib.cpu_count()} processes"
    record("bootstrap", cores, n, RESAMPLES, seconds)
    if quick:
        return

    def compare_with_published(method, objective, start=None):
        seconds, (theta, value) = timed(lambda: published_fit(objective, x, y))
        record("fit", method, n, 0, seconds, value, float(value > fit.objective * (1 + 1e-6)))
        first = theta if start is None else start
        seconds, values = timed(lambda: published_bootstrap(objective, x, y, first))
        worse = (values > boot.objective * (1 + 1e-6)).mean()
        better = (values < boot.objective * (1 - 1e-6)).mean()
        record("bootstrap", method, n, RESAMPLES, seconds, values.sum(), worse)
        print(f"  its optimum is the better one on {better:.3%} of the resamples")

    def compare_with_package():
        seconds, value = package_fit(x, y)
        worse = float(value > fit.objective * (1 + 1e-6))
        record("fit", "chinchilla", n, 0, seconds, value, worse)

    compare_with_published("published, analytic", analytic)
    for compare in (
        compare_with_package,
        lambda: compare_with_published("published", by_autograd(), HOFFMANN),
    ):
        try:
            compare()
        except ModuleNotFoundError as missing:
            print(f"left out: {missing}")

    columns = ["task", "method", "points", "resamples", "seconds", "objective"]
    columns += ["share_worse", "peak_mb"]
    table = pd.DataFrame(rows, columns=columns)
    key = ["task", "points", "resamples"]
    ours = table[table["method"] == "scalinglab"].drop_duplicates(key).set_index(key)["seconds"]
    times = table["seconds"] / ours.reindex(pd.MultiIndex.from_frame(table[key])).to_numpy()
    table.insert(5, "times_scalinglab", times)
    for column, digits in (("seconds", 3), ("times_scalinglab", 3), ("peak_mb", 3)):
        table[column] = [float(f"{value:.{digits}g}") for value in table[column]]
    checked.write_atomically(Path(__file__).with_suffix(".csv"), checked.to_csv(table))
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
