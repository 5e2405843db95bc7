"""Ablations of one small Transformer over seeds, and the multipliers the authors publish."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

CURVES = {
    "folder": "folder",
    "variant": "variant",
    "seed": "seed",
    "tokens": "tokens",
    "flops": "training_flop",
    "val_loss": "loss_nats",
}
VARIANTS = {
    "learned": "learned positions",
    "sinusoidal": "sinusoidal positions",
    "rotary": "rotary positions",
    "gelu": "GELU",
    "swiglu": "SwiGLU",
}
MULTIPLIERS = {"innovation": "innovation", "compute_multiplier": "multiplier"}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``ablation_curves`` and ``published_multipliers``."""
    curves = read_columns(files["ablation_curves_64d.csv"], CURVES)
    curves = drop(curves, curves["folder"] != "alg_mult", "one seed a variant", name="folder").drop(
        columns="folder"
    )
    curves = drop(curves, ~curves["variant"].isin(VARIANTS), "not compared", name="variant")
    curves["variant"] = curves["variant"].map(VARIANTS)
    curves = drop(
        curves,
        curves["seed"].isna(),
        "no seed: a copy of seed 123, or another setup",
        name="variant",
    )
    curves["seed"] = curves["seed"].astype(int)
    published = read_columns(files["published_multipliers.csv"], MULTIPLIERS)
    return {
        "ablation_curves": curves.sort_values(["variant", "seed", "tokens"]),
        "published_multipliers": published.sort_values("innovation"),
    }
