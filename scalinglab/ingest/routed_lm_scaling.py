"""Dense language models and mixtures of experts, at the end of their training."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

COLUMNS = {
    "hyper_id": "run",
    "step": "step",
    "router_type": "router",
    "num_experts": "experts",
    "k": "experts_per_token",
    "routing_frequency": "routed_share",
    "flop_increase": "width_factor",
    "dense_parameter_count": "parameters",
    "total_parameter_count": "total_parameters",
    "model_size_label": "size_class",
    "loss_validation": "loss_nats",
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``routed_runs``: the last evaluation of every run."""
    curves = read_columns(files["curves.csv.gz"], COLUMNS).sort_values(["run", "step"])
    last = curves.groupby("run").cumcount(ascending=False) == 0
    runs = drop(curves, ~last, "evaluations before the last", name="router")
    runs = runs.drop(columns="step").sort_values(["router", "experts", "parameters", "run"])
    return {"routed_runs": runs}
