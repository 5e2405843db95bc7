"""Answers with and without retrieval: many methods with one model, and a small against a large."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import read_columns

SETS = {
    "nq_em": "Natural Questions",
    "triviaqa_em": "TriviaQA",
    "webqa_em": "WebQuestions",
    "hotpotqa_f1": "HotpotQA",
    "twowiki_f1": "2WikiMultihop",
    "popqa_f1": "PopQA",
}
SIZE_SETS = {"nq_em": "Natural Questions", "triviaqa_em": "TriviaQA", "webq_em": "WebQuestions"}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``retrieval_methods`` and ``retrieval_against_size``, a row per method and set."""
    columns = {"method": "method", "setting": "setting"}
    methods = read_columns(files["flashrag_llama3_8b.csv"], columns | SETS)
    methods["is_plain"] = methods["setting"].isna()  # nothing trained for it, prompts as they come
    methods = methods.melt(["method", "is_plain"], list(SETS.values()), "question_set", "percent")

    columns = {"model": "model", "kind": "kind", "params_B": "parameters"}
    sizes = read_columns(files["lewis2020_table1.csv"], columns | SIZE_SETS)
    sizes["parameters"] *= 1e9
    sizes = sizes.melt(list(columns.values()), list(SIZE_SETS.values()), "question_set", "percent")
    return {
        "retrieval_methods": methods.sort_values(["method", "question_set"]),
        "retrieval_against_size": sizes.dropna().sort_values(["model", "question_set"]),
    }
