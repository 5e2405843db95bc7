"""Score and cost a task on ARC-AGI-1 and 2, at several budgets of thinking."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

COLUMNS = {
    "datasetId": "test_set",
    "modelId": "entry",
    "modelGroup": "model",
    "modelType": "kind",
    "modelReleaseDate": "released",
    "score": "score_share",
    "costPerTask": "dollars_per_task",
}
TEST_SETS = {"v1_Semi_Private": "ARC-AGI-1", "v2_Semi_Private": "ARC-AGI-2"}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``puzzle_scores``: language models on the semi-private sets."""
    entries = read_columns(files["arc_cost_score.csv"], COLUMNS)
    entries = drop(
        entries, ~entries["test_set"].isin(TEST_SETS), "another test set", name="test_set"
    )
    entries["test_set"] = entries["test_set"].map(TEST_SETS)
    plain = entries["kind"].isin(["CoT", "Base LLM"])
    entries = drop(entries, ~plain, "people, or a system around a model", name="entry")
    entries["kind"] = entries["kind"].map({"CoT": "thinking", "Base LLM": "plain"})
    entries["model"] = entries["model"].fillna(entries["entry"])  # a model with one budget only
    entries["released"] = entries["released"].str[:10]
    return {"puzzle_scores": entries.sort_values(["test_set", "model", "entry"])}
