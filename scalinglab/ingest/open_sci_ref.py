"""One recipe on eight corpora at four model sizes, read off the authors' vector figure."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``open_sci_runs``, one row per corpus and size at 300 billion tokens."""
    runs = read_columns(
        files["scaling_compute_points.csv"],
        {
            "corpus": "corpus",
            "kind": "kind",
            "model_size": "parameters",
            "tokens": "tokens",
            "flops": "training_flop",
            "avg_score": "mean_share",
        },
    )
    others = runs["kind"] != "open-sci reference run"
    runs = drop(runs, others, "a model of another group, drawn for comparison", name="corpus")
    runs = drop(runs, runs["tokens"] > 3e11, "a trillion tokens, on three corpora", name="corpus")
    runs = drop(
        runs, runs["corpus"] == "CommonCorpus", "multilingual text, English tests", name="corpus"
    )
    runs["parameters"] = runs["parameters"].str.removesuffix("B").astype(float) * 1e9
    return {"open_sci_runs": runs.drop(columns="kind").sort_values(["corpus", "parameters"])}
