"""Training curves of small LSTMs and Transformers over their width."""

from pathlib import Path

import numpy as np
import pandas as pd

from scalinglab.ingest import drop, read_columns

COLUMNS = {
    "arch": "architecture",
    "lr_rule": "learning_rate_rule",
    "width": "width",
    "flops_profiler": "training_flop",
    "val_loss": "loss_nats",
}
ARCHITECTURES = {
    "lstm_1layer": "LSTM, 1 layer",
    "lstm_2layer": "LSTM, 2 layers",
    "transformer_historical": "Transformer of 2017",
    "transformer_historical_rmsnorm": "Transformer of 2017, RMSNorm",
    "transformer_modern": "modern Transformer",
}
RULES = {"tuned_per_width": "tuned for each width", "trend_fit": "from a trend"}
STEPS_PER_DECADE = 20


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``architecture_curves``: one evaluation of each run per twentieth of a decade."""
    runs = read_columns(files["training_curves.csv"], COLUMNS)
    runs["architecture"] = runs["architecture"].map(ARCHITECTURES)
    runs["learning_rate_rule"] = runs["learning_rate_rule"].map(RULES)
    runs = drop(
        runs, runs["loss_nats"].isna(), "without a validation loss: diverged", name="architecture"
    )
    runs = drop(
        runs,
        (runs["architecture"] == ARCHITECTURES["transformer_historical"]) & (runs["width"] == 352),
        "the authors drop this width: it read no more tokens than the one below",
        name="width",
    )
    key = ["architecture", "learning_rate_rule", "width"]
    step = np.floor(STEPS_PER_DECADE * np.log10(runs["training_flop"]))
    runs = runs.sort_values([*key, "training_flop"])
    last = runs.groupby([*key, step]).cumcount(ascending=False) == 0
    runs = drop(runs, ~last, "between the twentieths of a tenfold of compute", name="architecture")
    return {"architecture_curves": runs.sort_values([*key, "training_flop"])}
