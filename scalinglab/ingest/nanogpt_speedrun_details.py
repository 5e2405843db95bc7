"""Records of a public race to one validation loss, its optimiser track, and some curves."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

RECORDS = {
    "record": "record",
    "date": "published",
    "minutes": "minutes",
    "tokens": "tokens",
    "category": "category",
    "is_retiming": "is_retiming",
}
OPTIMISERS = {
    "result": "result",
    "family": "family",
    "steps_to_3_28": "steps",
    "n_runs": "runs",
    "description": "description",
}
CURVES = {
    "group": "comparison",
    "run": "run",
    "params_M": "parameters",
    "tokens": "tokens",
    "val_loss": "loss_nats",
}
COMPARISONS = {"optimizers_124M": "four optimisers", "scale_1.5B": "two optimisers, larger"}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``speedrun_records``, ``speedrun_optimisers`` and ``speedrun_curves``."""
    records = read_columns(files["track1_records.csv"], RECORDS)
    records["category"] = records["category"].replace("optimizer", "optimiser")

    optimisers = read_columns(files["track3_optimizers.csv"], OPTIMISERS)
    optimisers = drop(
        optimisers,
        ~optimisers["family"].isin(["Adam", "AdamH", "Muon family"]),
        "neither Adam nor Muon",
        name="family",
    )
    optimisers["description"] = optimisers["description"].str.slice(0, 60).str.strip()

    curves = read_columns(files["comparison_curves.csv"], CURVES)
    curves["comparison"] = curves["comparison"].map(COMPARISONS)
    curves = drop(
        curves, curves["comparison"].isna(), "architectures and their shortcuts", name="run"
    )
    curves = drop(curves, curves["tokens"] == 0, "before the first step", name="run")
    curves["parameters"] *= 1e6
    return {
        "speedrun_records": records.sort_values(["published", "record", "minutes"]),
        "speedrun_optimisers": optimisers.sort_values("result"),
        "speedrun_curves": curves.sort_values(["comparison", "run", "tokens"]),
    }
