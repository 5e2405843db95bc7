"""Runs on repeated text, and scores after deduplication or a perplexity filter."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

MISREAD = "4b284b12bc4opt2"


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``repeated_data_runs`` and ``deduplicated_scores``."""
    return {
        "repeated_data_runs": _repeats(files["val_losses.csv"]),
        "deduplicated_scores": _scores(files["filtering_downstream.csv"]),
    }


def _repeats(path: Path) -> pd.DataFrame:
    runs = read_columns(
        path,
        {
            "run": "run",
            "params": "parameters",
            "tokens": "tokens",
            "unique_tokens": "unique_tokens",
            "dedup_corpus": "is_deduplicated",
            "val_loss": "loss_nats",
        },
    )
    runs = drop(runs, runs["is_deduplicated"], "trained on deduplicated C4", name="run")
    misread = runs["run"] == MISREAD
    reason = "the name gives 12 billion different tokens, the file 2.2 billion"
    runs = drop(runs, misread, reason, name="run")
    keep = runs.drop(columns="is_deduplicated")
    return keep.sort_values(["parameters", "tokens", "unique_tokens", "run"])


def _scores(path: Path) -> pd.DataFrame:
    scores = read_columns(
        path,
        {
            "experiment": "experiment",
            "corpus": "corpus",
            "params": "model",
            "data": "data",
            "task": "task",
            "score": "score_points",
            "sd_5_seeds": "seed_sd_points",
        },
    )
    other = scores["experiment"] != "dedup"
    scores = drop(scores, other, "another experiment, on perplexity filters", name="experiment")
    other = scores["data"] == "ROOTS filter"
    scores = drop(scores, other, "another treatment, not deduplication", name="data")
    mean = scores["task"] == "Average"
    scores = drop(scores, mean, "the mean of the other rows", name="task")
    scores["is_deduplicated"] = scores.pop("data") == "deduplicated"
    key = ["corpus", "model", "is_deduplicated", "task"]
    return scores[[*key, "score_points", "seed_sd_points"]].sort_values(key)
