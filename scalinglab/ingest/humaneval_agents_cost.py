"""Agent systems and simple baselines on HumanEval, with the tokens they use."""

import json
from pathlib import Path

import pandas as pd


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``agents``: one row per system, five runs each."""
    rows = [
        {
            "system": entry["strategy_renamed"],
            "accuracy_share": entry["mean_accuracy"],
            "lowest_share": entry["min_accuracy"],
            "highest_share": entry["max_accuracy"],
            "tokens": entry["mean_prompt_tokens"] + entry["mean_completion_tokens"],
        }
        for entry in json.loads(files["data.json"].read_text(encoding="utf-8"))
    ]
    return {"agents": pd.DataFrame(rows).sort_values("system")}
