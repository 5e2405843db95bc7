"""Perplexities of language models on three benchmarks, 2012 to 2023, with size and data."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import read_columns

COLUMNS = {
    "paper_id": "paper",
    "system": "system",
    "date": "published",
    "params": "parameters",
    "dataset_tokens": "dataset_tokens",
    "benchmark": "benchmark",
    "log_ppl": "loss_nats",
}
# Values that other sources contradict; kept, because the published estimate rests on them.
LIKELY_ENTRY_ERRORS = {
    "Local Transformer": "parameters",
    "GPT-Neo-1.3B (finetuned)": "parameters",
    "GPT2+CoreLM+Fine-Tuning": "dataset_tokens",
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``language_progress``: one row per model and benchmark."""
    rows = read_columns(files["ho2024_lm_progress.csv"], COLUMNS)
    rows["is_suspect"] = rows["system"].isin(LIKELY_ENTRY_ERRORS)
    return {"language_progress": rows.sort_values(["published", "paper", "system", "benchmark"])}
