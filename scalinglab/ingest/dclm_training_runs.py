"""Language models on different corpora, and with single treatments of the text, task by task."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import drop, read_columns

ELI5 = "shard3_OH_eli5_vs_rw_v2_bigram_200k_train_0.1"
FASTTEXT = "fasttext_openhermes_reddit_eli5_vs_rw_v2_bigram_200k_train_0.1"
CORPORA = {
    "c4_original": "C4",
    "dolma_v1_no_resample": "Dolma",
    "rpj_original": "RedPajama",
    "rw_original": "RefinedWeb",
    "fineweb_edu_sample_350BT": "FineWeb-Edu",
    f"rw_v2_cc_v3_f0.15_resiliparse_{FASTTEXT}": "filtered",
    f"cc_v4_resiliparse_rw_v2_bff_minngram20_10shards_{ELI5}": "filtered, 10 parts",
    f"cc_v4_resiliparse_rw_v2_bff_minngram20_32shards_{ELI5}": "filtered, 32 parts",
    "rw_v2_w_substr_cc_v3_f0.15_resiliparse_try3_100_nodes": "unfiltered pool",
    "rw_v2_w_substr_cc_v3_f0.15_resiliparse_shard0": "unfiltered pool",
}
SCALES = ["400M-1x", "1B-1x", "1B-5x", "7B-1x"]
# At 1B the corpora share one setting; runs with another rate or decay are a search of their own.
SHARED_RATE, SHARED_DECAY = 0.003, 0.033
TREATMENTS = {
    "rw_v2_wo_dedup_resiliparse": "not deduplicated, first extraction",
    "rw_v2_w_exactdedup_resiliparse": "exact duplicates removed, first extraction",
    "rw_v2_w_substr_resiliparse": "repeated substrings removed, first extraction",
    "rw_v2_wo_dedup_trafilatura": "not deduplicated, second extraction",
    "rw_v2_w_substr_trafilatura": "repeated substrings removed, second extraction",
    "rw_v2": "before semantic pruning",
    "rw_v2_semdedup_0.75": "semantic pruning, 75% kept",
    "refinedweb_v2_keyfix_semdedup_0_50": "semantic pruning, 50% kept",
    "refinedweb_v2_keyfix_semdedup_0_25": "semantic pruning, 25% kept",
    "rw_v2_w_substr_cc_v3_f0.15_resiliparse_shard0": "unfiltered pool",
    f"rw_v2_cc_v3_f0.15_resiliparse_{FASTTEXT}": "fastText filter",
    "perplexity_f0.1_dfn_peS2o_rpjbooks_wikipedia_en_balanced_tokenized_v2"
    "_rw_v2_w_substr_cc_v3_f0.15": "perplexity filter",
    "refinedweb_v2_keyfix_ask_llm_gpt4++_1024_th0_2_masked": "language model as judge",
    "rw_pagerank_bucket_all_of_5": "all of five PageRank parts",
    "rw_pagerank_bucket_0_of_5": "top fifth by PageRank",
    "rw_original": "before the embedding classifier",
    "RW_orig_bge-base_shareGPT_heuristic": "embedding classifier",
    "rw_v2_fasttext_openhermes_vs_rw_v2_bigram_0.1": "one corpus, repeated",
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``dclm_tasks``, ``dclm_scales`` and ``dclm_treatments`` (both long)."""
    tasks = read_columns(
        files["eval_task_baselines.csv"],
        {"Eval Task": "task", "Task Type": "kind", "baseline_v2": "chance_share", "core22": "core"},
    )
    tasks["chance_share"] /= 100
    tasks = drop(tasks, tasks["core"] == 0, "not one of the 22 CORE tasks", name="task")
    tasks = tasks.drop(columns="core").sort_values("task")
    return {
        "dclm_tasks": tasks,
        "dclm_scales": _scales(files["dclm_eval_runs.csv"], list(tasks["task"])),
        "dclm_treatments": _treatments(files["DCLM_model_database.csv"], list(tasks["task"])),
    }


def _scales(path: Path, tasks: list[str]) -> pd.DataFrame:
    """Return the runs of the named corpora at the four scales, one row per run and task."""
    names = {"params": "parameters", "flops": "training_flop", "lr": "learning_rate"}
    keep = ["dataset", "scale", "params", "tokens", "flops", "lr", "wd", *tasks]
    runs = read_columns(path, {name: names.get(name, name) for name in keep})
    runs = runs[runs["dataset"].isin(CORPORA) & runs["scale"].isin(SCALES)]
    shared = (runs["learning_rate"] == SHARED_RATE) & (runs["wd"] == SHARED_DECAY)
    runs = runs[shared | (runs["scale"] == "7B-1x")]
    runs.insert(0, "corpus", runs["dataset"].map(CORPORA))
    key = ["corpus", "scale", "parameters", "tokens", "training_flop", "learning_rate"]
    return _long(runs[[*key, *tasks]], key)


def _treatments(path: Path, tasks: list[str]) -> pd.DataFrame:
    """Return the 1B-1x runs with one treatment each, one row per run and task."""
    names = {"Dataset": "corpus", "tokens": "tokens", "model": "model"}
    names |= {task: task for task in tasks}
    runs = read_columns(path, names, low_memory=False)
    runs["tokens"] = runs["tokens"].astype(float)
    runs = runs[runs["model"].isin(["open_lm_1b", "open_lm_1b_swiglutorch"])]
    runs = runs[runs["corpus"].isin(TREATMENTS) & runs["tokens"].between(2.8e10, 2.9e10)]
    # Runs at other learning rates share the corpus; only those of the older model code do not.
    tuned = runs["corpus"].str.contains("fasttext") & runs["model"].eq("open_lm_1b_swiglutorch")
    runs = runs[~tuned].dropna(subset=tasks).drop_duplicates(["corpus", *tasks])
    runs["corpus"] = runs["corpus"].map(TREATMENTS)
    runs = runs.rename(columns={"corpus": "treatment"}).sort_values(["treatment", *tasks])
    runs["run"] = runs.groupby("treatment").cumcount() + 1
    return _long(runs[["treatment", "run", *tasks]], ["treatment", "run"])


def _long(runs: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    long = runs.melt(id_vars=key, var_name="task", value_name="accuracy_share")
    return long.sort_values([*key, "task"])
