"""Students of DeepSeek-R1, a model trained by reinforcement learning alone, and others."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

COLUMNS = {
    "model": "model",
    "kind": "kind",
    "params_B": "parameters",
    "aime2024_pass1": "aime_percent",
    "math500_pass1": "math500_percent",
    "gpqa_diamond_pass1": "gpqa_percent",
    "livecodebench_pass1": "livecodebench_percent",
}
KINDS = {
    "distilled from R1": "student",
    "RL on base, no distillation": "no teacher",
    "teacher (37B active)": "teacher",
    "other": "other",
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``distilled_models``: one row per model."""
    models = read_columns(files["r1_distill.csv"], COLUMNS)
    models["kind"] = models["kind"].map(KINDS)
    models["parameters"] *= 1e9
    models = drop(
        models,
        models["model"].str.startswith("QwQ"),
        "two values of one score are printed",
        name="model",
    )
    return {"distilled_models": models.sort_values(["kind", "model"])}
