"""AIME 2024 without a checker: accuracy against tokens, and a single answer against 64 votes."""

import json
from pathlib import Path

import pandas as pd

from scalinglab.ingest import read_columns

VOTES = {"model": "model", "aime24_pass1": "single_percent", "aime24_cons64": "votes_percent"}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``thinking_tokens`` (one model) and ``sixty_four_votes`` (ten models)."""
    points = json.loads(files["results_log_majority_vote.json"].read_text(encoding="utf-8"))
    tokens = pd.DataFrame(points).rename(
        columns={"token_limit": "tokens_asked", "avg_tokens_used": "tokens_used"}
    )
    tokens["accuracy_share"] = tokens.pop("accuracy")
    votes = read_columns(files["r1_distill_pass1_cons64.csv"], VOTES)
    return {
        "thinking_tokens": tokens.sort_values("tokens_asked"),
        "sixty_four_votes": votes.sort_values("model"),
    }
