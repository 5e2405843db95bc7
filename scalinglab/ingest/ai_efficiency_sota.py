"""Training compute to reach a fixed level, and the training costs of translation systems."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import read_columns

FLOP_PER_TERAFLOPS_DAY = 8.64e16
LEVELS = {
    "Metric": "level",
    "Publication Date": "published",
    "Publication": "model",
    "Compute (teraflops-s/days)": "training_flop",
}
COSTS = {
    "model": "model",
    "family": "architecture_class",
    "year": "year",
    "ensemble": "is_ensemble",
    "bleu_en_de": "bleu_german",
    "bleu_en_fr": "bleu_french",
    "flops_en_de": "training_flop_german",
    "flops_en_fr": "training_flop_french",
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``efficiency_levels`` and ``translation_costs``."""
    levels = read_columns(files["efficiency_sota.csv"], LEVELS)
    levels["training_flop"] *= FLOP_PER_TERAFLOPS_DAY
    dates = pd.to_datetime(levels["published"], format="%m/%d/%Y")
    levels["published"] = dates.dt.strftime("%Y-%m-%d")
    costs = read_columns(files["wmt14_training_cost.csv"], COSTS)
    costs["is_ensemble"] = costs["is_ensemble"] == 1
    return {
        "efficiency_levels": levels.sort_values(["level", "published"]),
        "translation_costs": costs.sort_values(["year", "model"]),
    }
