"""Base models beside the instruction-tuned versions that their own makers released."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

COLUMNS = {
    "Model": "model",
    "Family": "family",
    "Instruct": "is_tuned",
    "#Params (B)": "parameters",
    "IFEval": "IFEval",
    "BBH": "BBH",
    "MATH Lvl 5": "MATH, level 5",
    "GPQA": "GPQA",
    "MUSR": "MuSR",
    "MMLU-PRO": "MMLU-Pro",
    "MMLU": "MMLU",
    "ARC": "ARC",
    "HellaSwag": "HellaSwag",
    "Winogrande": "Winogrande",
    "TruthfulQA": "TruthfulQA",
    "GSM8K": "GSM8K",
}
KEY = ["model", "family", "parameters"]


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``instruction_pairs``: one row per tuned version and benchmark that both have.

    A version by the makers carries the name of its base with one word added (instruct, chat, it);
    a tune by others has a name of its own and is left out.
    """
    models = read_columns(files["data_v2.csv"], COLUMNS)
    tuned, base = models[models["is_tuned"]], models[~models["is_tuned"]]
    stem = tuned["model"].str.replace(r"-(?:instruct|chat|it)(?=-|$)", "", regex=True)
    tuned = tuned.assign(base=stem)
    tuned = drop(tuned, ~stem.isin(base["model"]), "tuned by others", name="model")
    scores = [c for c in COLUMNS.values() if c not in [*KEY, "is_tuned"]]
    long = tuned.melt([*KEY, "base"], scores, "benchmark", "tuned_share")
    before = base.melt("model", scores, "benchmark", "base_share")
    pairs = long.merge(before.rename(columns={"model": "base"}), on=["base", "benchmark"])
    pairs["parameters"] *= 1e9
    pairs = pairs.dropna(subset=["tuned_share", "base_share"])
    return {"instruction_pairs": pairs.sort_values(["model", "benchmark"])}
