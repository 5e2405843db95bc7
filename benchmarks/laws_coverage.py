"""How often the 95% bootstrap intervals of `scalinglab.laws` cover a known truth.

    python benchmarks/laws_coverage.py

Takes the fit to the 240 Chinchilla runs for the truth, gives its own runs (all, or a part drawn
anew in each simulation) new losses, refits and bootstraps them. Noise is log-normal, or drawn from
the residuals of the fit. Prints the coverage and writes `benchmarks/laws_coverage.csv`; takes about
half an hour on one thread.
"""

from pathlib import Path

import joblib
import numpy as np
import pandas as pd

from scalinglab import checked, laws, tables

SIMULATIONS = 400
RESAMPLES = 500
BUDGET = 5.76e23  # FLOP, of Chinchilla itself
SPLIT = ["exponent_N", "tokens_per_parameter", "loss"]


def quantities(params, flop=BUDGET) -> pd.DataFrame:
    """Return parameters and the split at the budget, one row per row of ``params``."""
    columns = {name: params[name].to_numpy() for name in params}
    split = laws.Chinchilla().compute_optimal(columns, flop)
    return params.assign(**{f"{name}, 5.76e23 FLOP": split[name] for name in SPLIT})


def simulate(fit: laws.Fit, points: int, noise: str, seed: int) -> pd.DataFrame:
    """Return, for one simulation, whether each interval covers the truth, and its width."""
    rng = np.random.default_rng([points, seed])
    rows = np.sort(rng.choice(fit.nobs, points, replace=False))
    x = {name: values[rows] for name, values in fit.x.items()}
    if noise == "normal":
        errors = fit.resid.std() * rng.normal(size=points)
    else:
        errors = rng.choice(fit.resid - np.median(fit.resid), points)
    refit = laws.fit(fit.form, x, fit.form.curve(fit.params, x) * np.exp(errors))
    boot = refit.bootstrap(RESAMPLES, seed=seed)
    bounds = laws.percentile_interval(quantities(boot.params))
    truth = quantities(pd.DataFrame([fit.params])).iloc[0]
    covered = (bounds["low"] <= truth) & (truth <= bounds["high"])
    return pd.DataFrame(
        {
            "covered": covered,
            "relative_width": (bounds["high"] - bounds["low"]) / truth,
            "below": truth < bounds["low"],
            "above": truth > bounds["high"],
            "stopped": (~boot.converged).mean(),
        }
    )


def main():
    runs = tables.load("chinchilla_runs")
    runs = runs[~runs["excluded"]]
    x = {"N": runs["parameters"].to_numpy(float), "D": runs["tokens"].to_numpy(float)}
    fit = laws.fit(laws.Chinchilla(), x, runs["loss_nats"].to_numpy(float))
    table = []
    for points, noise in ((240, "normal"), (240, "residuals"), (60, "normal"), (20, "normal")):
        found = joblib.Parallel()(
            joblib.delayed(simulate)(fit, points, noise, seed) for seed in range(SIMULATIONS)
        )
        every = pd.concat(found).groupby(level=0, sort=False)
        shares = every[["covered", "below", "above", "stopped"]].mean()
        shares["median_relative_width"] = every["relative_width"].median()
        shares["standard_error"] = np.sqrt(shares.covered * (1 - shares.covered) / SIMULATIONS)
        shares = shares.rename_axis("quantity").reset_index()
        shares.insert(0, "points", points)
        shares.insert(1, "noise", noise)
        table.append(shares)
        print(shares.to_string(index=False, float_format="%.3f"), flush=True)
    checked.write_atomically(
        Path(__file__).with_suffix(".csv"),
        checked.to_csv(pd.concat(table, ignore_index=True).round(4)),
    )


if __name__ == "__main__":
    main()
