"""Transformer and xLSTM language models trained alike."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import read_columns

RUNS = {
    "arch": "architecture",
    "num_params": "parameters",
    "tokens": "tokens",
    "flops": "training_flop",
    "val_loss": "loss_nats",
}
CURVES = RUNS | {"context_length": "context_tokens", "isoflop_budget": "budget_flop"}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``xlstm_runs`` (fixed tokens per parameter) and ``xlstm_isoflops``."""
    runs = read_columns(files["tokenparam_runs.csv"], RUNS)
    curves = read_columns(files["isoflop_runs.csv"], CURVES)
    order = ["architecture", "parameters", "tokens", "training_flop", "loss_nats"]
    return {
        "xlstm_runs": runs.sort_values(order),
        "xlstm_isoflops": curves.sort_values(["context_tokens", "budget_flop", *order]),
    }
