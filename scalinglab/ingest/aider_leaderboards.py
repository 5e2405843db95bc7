"""First and second attempts at programming exercises; the second sees the failing tests."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

COLUMNS = {
    "file": "board",
    "dirname": "run",
    "model": "model",
    "test_cases": "exercises",
    "pass_rate_1": "first_percent",
    "pass_rate_2": "second_percent",
}
VENDORS = {
    "Anthropic": "claude",
    "OpenAI": r"gpt-|^o\d|chatgpt|quasar|optimus",
    "Google": "gemini|gemma",
    "DeepSeek": "deepseek",
    "Alibaba": "qwen|qwq",
    "Mistral": "codestral",
    "xAI": "grok",
    "Meta": "llama",
    "Cohere": "command",
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``attempts``: one row per run on the board of several languages."""
    runs = read_columns(files["aider_leaderboards.csv"], COLUMNS)
    other = runs["board"] != "polyglot_leaderboard"
    runs = drop(runs, other, "another board", name="board")
    runs["vendor"] = "other"
    for vendor, names in reversed(VENDORS.items()):
        runs.loc[runs["model"].str.contains(names, case=False), "vendor"] = vendor
    columns = ["run", "vendor", "model", "exercises", "first_percent", "second_percent"]
    return {"attempts": runs[columns].sort_values("run")}
