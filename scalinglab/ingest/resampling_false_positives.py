"""How many programs to sample when some wrong ones pass the tests."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import read_columns

COLUMNS = {
    "model": "model",
    "cost_benefit_ratio": "cost_of_a_wrong_program",
    "optimal_k": "best_samples",
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``best_sample_counts``: one row per model and cost of a wrong program."""
    counts = read_columns(files["optimal_k.csv"], COLUMNS)
    name = counts["model"].str.split("_openai_temp|_vllm_temp|_temp", regex=True).str[0]
    counts["model"] = name.str.split("--").str[-1]
    return {"best_sample_counts": counts.sort_values(["model", "cost_of_a_wrong_program"])}
