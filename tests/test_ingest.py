import hashlib
import importlib
import logging
import os
import shutil
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from scalinglab import checked, ingest, sources, tables
from scalinglab.ingest import __main__ as runner

CHECKOUT = Path(__file__).parents[1]
UPSTREAM = Path(os.environ.get("SCALINGLAB_SOURCES", CHECKOUT.parent / "shared" / "sources"))
SOURCES, ENTRIES = sources.read()

needs_upstream = pytest.mark.skipif(
    not UPSTREAM.is_dir(), reason="no folder of upstream files (SCALINGLAB_SOURCES)"
)


# Every table, from the pinned files


@needs_upstream
@pytest.mark.parametrize("slug", SOURCES)
def test_every_table_is_derived_byte_for_byte(slug, caplog):
    names = [name for name, entry in ENTRIES.items() if entry.source == slug]
    with caplog.at_level(logging.INFO, logger="scalinglab.ingest"):
        frames = runner.derive(SOURCES[slug], names, UPSTREAM)
    for name, frame in frames.items():
        stored = (CHECKOUT / "data" / f"{name}.csv").read_bytes()
        assert checked.to_csv(frame).encode() == stored, name
    dropped = [(record.args[0], record.args[1]) for record in caplog.records]
    stated = [(left.rows, left.reason) for name in names for left in ENTRIES[name].left_out]
    assert sorted(dropped) == sorted(stated)


@needs_upstream
@pytest.mark.parametrize(
    ("slug", "file", "table"),
    [
        ("ai-efficiency-sota", "efficiency_sota.csv", "efficiency_levels"),
        ("ai-efficiency-sota", "wmt14_training_cost.csv", "translation_costs"),
        ("chinchilla-fig4", "svg_extracted_data.csv", "chinchilla_runs"),
        ("clip-concept-frequency", "concept_counts.csv", "concept_frequency"),
        ("clip-concept-frequency", "let_it_wag_models.csv", "let_it_wag"),
        ("data-filtering-compute", "pareto_filtering.csv", "filter_strength"),
        ("datablations", "filtering_downstream.csv", "deduplicated_scores"),
        ("datablations", "val_losses.csv", "repeated_data_runs"),
        ("dclm-training-runs", "eval_task_baselines.csv", "dclm_tasks"),
        ("epoch-notable-models", "notable_ai_models.csv", "notable_models"),
        ("gadre-overtraining", "runs_104.csv", "overtraining_runs"),
        ("gadre-overtraining", "eval_task_baselines.csv", "overtraining_tasks"),
        ("imagenet-algorithmic-progress", "imagenet.csv", "imagenet_progress"),
        ("data-vs-algorithms", "ceg_cells.csv", "recipe_cells"),
        ("deepseek-r1-distill", "r1_distill.csv", "distilled_models"),
        ("gundlach2025-origins", "ablation_curves_64d.csv", "ablation_curves"),
        ("gundlach2025-origins", "published_multipliers.csv", "published_multipliers"),
        ("ho2024-lm-progress", "ho2024_lm_progress.csv", "language_progress"),
        ("instruct-eval", "problem_solving_leaderboard.csv", "instruct_eval"),
        ("isoflops-multi", "isoflops.csv", "isoflops"),
        ("lstm-transformer-scaling", "training_curves.csv", "architecture_curves"),
        ("obs-scaling", "base_llm_benchmark_eval.csv", "base_models"),
        ("nanogpt-speedrun", "records.csv", "speedrun_medium"),
        ("nanogpt-speedrun-details", "comparison_curves.csv", "speedrun_curves"),
        ("nanogpt-speedrun-details", "track1_records.csv", "speedrun_records"),
        ("nanogpt-speedrun-details", "track3_optimizers.csv", "speedrun_optimisers"),
        ("obs-scaling", "base_llm_emergent_capability_eval.csv", "emergent_tasks"),
        ("obs-scaling", "base_llm_post_training_eval.csv", "gsm8k_prompting"),
        ("olmo-ladder", "final_ma5.csv", "ladder_runs"),
        ("olmo-ladder", "published_chained_13b.csv", "ladder_predictions"),
        ("open-llm-leaderboard-v1", "open-llm-leaderboard_old.csv", "leaderboard_v1"),
        ("open-llm-leaderboard-v2", "open_llm_leaderboard_v2.csv", "leaderboard_v2"),
        ("open-sci-ref", "scaling_compute_points.csv", "open_sci_runs"),
        ("porian-refinedweb-isoflops", "isoflops.csv", "porian_isoflops"),
        ("porian-refinedweb-isoflops", "published_exponents.csv", "porian_exponents"),
        ("pruning-survey-shrinkbench", "results.csv", "pruning_survey"),
        ("routed-lm-scaling", "curves.csv.gz", "routed_runs"),
        ("ruler-context", "ruler_table.csv", "context_lengths"),
        ("rigl-sparse-training", "rigl_results.csv", "sparse_training"),
        ("aider-leaderboards", "aider_leaderboards.csv", "attempts"),
        ("arc-prize-cost-score", "arc_cost_score.csv", "puzzle_scores"),
        ("livecodebench-passk", "generation_2024-04-17.csv", "code_samples"),
        ("pythia-repeated-sampling", "pythia_math_counts.csv", "repeated_samples"),
        ("swebench-scaffolds", "leaderboards.csv", "issue_solvers"),
        ("obs-scaling", "base_llm_post_training_eval.csv", "gsm8k_votes"),
        ("test-task-training", "test_task_53_models.csv", "test_task"),
        ("timm-imagenet", "results-imagenet.csv", "imagenet_models"),
        ("xlstm-transformer-scaling", "isoflop_runs.csv", "xlstm_isoflops"),
        ("xlstm-transformer-scaling", "tokenparam_runs.csv", "xlstm_runs"),
        ("wanda-llm-pruning", "wanda_llama2.csv", "llm_pruning"),
    ],
)
def test_no_row_is_lost_unsaid(slug, file, table):
    upstream = pd.read_csv(UPSTREAM / slug / file)
    left_out = sum(left.rows for left in ENTRIES[table].left_out)
    assert len(tables.load(table)) + left_out == len(upstream)


# What is particular to a source


def write(folder: Path, name: str, rows: list[dict], **options) -> dict[str, Path]:
    path = folder / name
    pd.DataFrame(rows).to_csv(path, index=False, **options)
    return {name: path}


def derive(module: str, files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    return importlib.import_module(f"scalinglab.ingest.{module}").derive(files)


def test_years_of_designs_that_are_named_like_older_ones_are_corrected():
    models = tables.load("imagenet_models").set_index("architecture")
    years = {
        "vit_small_patch16_224": 2020,
        "vit_small_patch16_rope_224": 2024,
        "inception_v4": 2016,
    }
    for name, year in years.items():
        assert (models.loc[[name], "architecture_year"] == year).all(), name
    corrected = models["year_corrected"]
    assert not corrected["vit_small_patch16_224"].any()
    assert corrected["inception_v4"].all()


def test_a_model_without_a_group_is_a_group_of_its_own():
    scores = tables.load("puzzle_scores")
    assert scores["model"].notna().all()
    assert (scores["dollars_per_task"] > 0).all()


def test_a_family_of_code_models_has_several_sizes():
    cells = tables.load("code_samples")
    assert (cells.groupby("family")["parameters"].nunique() > 1).all()
    assert (cells.groupby("model").size() == 400).all()


def test_a_level_counts_flop_and_not_days():
    levels = tables.load("efficiency_levels").set_index("model")
    assert levels.loc["AlexNet", "training_flop"] == pytest.approx(3.1 * 86_400 * 1e12)


def test_tuned_versions_are_those_of_the_makers_of_the_base():
    pairs = tables.load("instruction_pairs")
    one_each = pairs.drop_duplicates("model").set_index("model")["base"]
    assert one_each["mixtral-8x7b-instruct-v0.1"] == "mixtral-8x7b-v0.1"
    assert one_each["gemma-2b-it"] == "gemma-2b"
    assert not one_each.index.str.contains("dolphin|dolly|orca|wizard|sauerkraut").any()


def test_a_tune_by_others_is_left_out_even_of_the_same_family(tmp_path):
    module = importlib.import_module("scalinglab.ingest.sloth_base_instruct")
    row = dict.fromkeys(module.COLUMNS, 0.5) | {"Family": "f", "#Params (B)": 7}
    names = [("f-7b", False), ("f-7b-chat", True), ("f-7b-chat-v2", True), ("wizard-7b", True)]
    rows = [row | {"Model": name, "Instruct": is_tuned} for name, is_tuned in names]
    rows[1]["IFEval"] = None
    pairs = derive("sloth_base_instruct", write(tmp_path, "data_v2.csv", rows))
    pairs = pairs["instruction_pairs"]
    assert set(pairs["model"]) == {"f-7b-chat"}
    assert "IFEval" not in set(pairs["benchmark"]) and len(pairs) == 11


def test_what_the_reconstruction_doubts_is_marked_and_kept():
    rows = tables.load("language_progress")
    assert rows["is_suspect"].sum() == 4
    assert rows.loc[rows["is_suspect"], "system"].nunique() == 3


def test_lengths_beyond_the_longest_test_are_marked():
    lengths = tables.load("context_lengths")
    beyond = lengths["exceeds"]
    assert (lengths.loc[beyond, "effective_tokens"] == 128_000).all()
    assert lengths.loc[lengths["model"] == "Jamba-1.5-large 94B/398B", "parameters"].item() == 398e9


def test_a_foundation_stands_beside_each_tuned_model(tmp_path):
    row = {"Foundation": "T5", "Parameters (B)": 3}
    rows = [
        row | {"Model": "[T5 XL LM](https://x/t5)", "MMLU": 23},
        row | {"Model": "[Flan-T5-XL](https://x/flan)", "MMLU": 49},
        row | {"Model": "[Big](https://x/big)", "MMLU": 50, "Parameters (B)": 11},
    ]
    files = write(tmp_path, "problem_solving_leaderboard.csv", rows)
    tuned = derive("instruct_eval", files)["instruct_eval"]
    assert tuned[["model", "base_mmlu_percent", "kind"]].values.tolist() == [
        ["Flan-T5-XL", 23, "tasks"]
    ]


def test_a_run_keeps_its_last_evaluation(tmp_path):
    columns = "hyper_id step router_type num_experts k routing_frequency flop_increase"
    columns += " dense_parameter_count total_parameter_count model_size_label loss_validation"
    row = dict.fromkeys(columns.split(), 1)
    rows = [row | {"step": step, "loss_validation": loss} for step, loss in ((10, 4), (20, 3))]
    files = write(tmp_path, "curves.csv.gz", rows)
    assert list(derive("routed_lm_scaling", files)["routed_runs"]["loss_nats"]) == [3]


def chinchilla_rows(losses: list[float]) -> list[dict]:
    return [
        {"Model Size": 1e9 + i, "Training FLOP": 1e20, "loss": loss}
        for i, loss in enumerate(losses)
    ]


def test_the_five_highest_losses_are_marked_and_kept(tmp_path):
    losses = [2.0, 4.0, 2.1, 4.1, 4.2, 2.2, 4.3, 4.4]
    files = write(tmp_path, "svg_extracted_data.csv", chinchilla_rows(losses))
    runs = derive("chinchilla_fig4", files)["chinchilla_runs"]
    assert list(runs["loss_nats"]) == losses
    assert list(runs["loss_nats"][runs["excluded"]]) == [4.0, 4.1, 4.2, 4.3, 4.4]
    assert np.allclose(6 * runs["parameters"] * runs["tokens"], runs["training_flop"])


def test_inverted_columns_are_turned_right_and_unknown_sizes_are_missing(tmp_path):
    scores = ["ARC", "HellaSwag", "MMLU", "TruthfulQA", "Winogrande", "GSM8K"]
    common = {"Average ⬆️": 50, "Precision": "float16", **dict.fromkeys(scores, 50)}
    rows = [
        common
        | {"Model": "b/two", "#Params (B)": 0, "date": "2023-09-15T11:25:37.918274"}
        | {"Type": "🟩 continuously pretrained", "Merged": False, "MoE": True, "Flagged": True},
        common
        | {"Model": "one", "#Params (B)": 7, "date": "2024-04-18T16:47:17Z"}
        | {"Type": "🤝 base merges and moerges", "Merged": True, "MoE": False, "Flagged": False},
    ]
    files = write(tmp_path, "open-llm-leaderboard_old.csv", rows)
    table = derive("open_llm_leaderboard_v1", files)["leaderboard_v1"].set_index("model")
    assert list(table.loc["b/two", ["is_merge", "is_moe", "is_flagged"]]) == [True, False, False]
    assert list(table.loc["one", ["is_merge", "is_moe", "is_flagged"]]) == [False, True, True]
    assert np.isnan(table.loc["b/two", "parameters_billion"])
    assert table.loc["b/two", "organisation"] == "b"
    assert pd.isna(table.loc["one", "organisation"])
    assert list(table["submitted"]) == ["2023-09-15", "2024-04-18"]
    assert list(table["type"]) == ["continuously pretrained", "merge"]


def test_the_columns_of_the_second_leaderboard_are_not_inverted():
    table = tables.load("leaderboard_v2").set_index("model")
    assert table.loc["mistralai/Mixtral-8x7B-v0.1", "is_moe"].all()
    assert not table.loc["meta-llama/Meta-Llama-3-8B", "is_moe"].any()


def test_the_inversion_of_the_first_leaderboard_is_right():
    table = tables.load("leaderboard_v1").set_index("model")
    assert table.loc["mistralai/Mixtral-8x7B-v0.1", "is_moe"].all()
    assert not table.loc["tiiuae/falcon-180B", ["is_moe", "is_merge", "is_flagged"]].any(axis=None)
    assert table.loc[table["type"] == "merge", "is_merge"].mean() > 0.5
    assert table.loc[table["type"] == "pretrained", "is_merge"].mean() < 0.05


def test_a_type_that_is_not_known_stays_and_the_schema_refuses_it():
    types = pd.Series(["💬 chat models (RLHF, DPO, IFT, ...)", "🧪 new kind", None])
    assert ingest.plain_type(types).tolist()[:2] == ["chat", "🧪 new kind"]


def test_the_named_unit_slip_is_corrected_and_nothing_else(tmp_path):
    scores = ["MMLU", "ARC-C", "HellaSwag", "Winograd", "TruthfulQA", "GSM8K"]
    scores = dict.fromkeys([*scores, "XWinograd", "HumanEval"], 0.5)
    size = {"Model Family": "f", "Model Size (B)": 3}
    rows = [
        {
            "Model": "cerebras/btlm-3b-8k-base",
            "Pretraining Data Size (T)": 627,
            "FLOPs (1E21)": 11286,
        },
        {"Model": "other/model", "Pretraining Data Size (T)": 627, "FLOPs (1E21)": 11286},
    ]
    files = write(tmp_path, "base_llm_benchmark_eval.csv", [row | size | scores for row in rows])
    module = importlib.import_module("scalinglab.ingest.obs_scaling")
    emergent = [dict.fromkeys(module.EMERGENT_COLUMNS, 0.5)]
    files |= write(tmp_path, "base_llm_emergent_capability_eval.csv", emergent)
    prompts = [dict.fromkeys({**module.PROMPTING_COLUMNS, **module.VOTING_COLUMNS}, 0.5)]
    files |= write(tmp_path, "base_llm_post_training_eval.csv", prompts)
    table = derive("obs_scaling", files)["base_models"].set_index("model")
    assert np.allclose(table["tokens"], [627e9, 627e12])
    assert np.allclose(table["training_flop"], [1.1286e22, 1.1286e25])


def test_the_survey_reads_every_way_to_state_what_was_kept_and_what_it_cost(tmp_path, caplog):
    columns = ["keptParams", "savedParams", "MParams", "OrigMParams", "old/new Nparam"]
    columns += ["dTop1", "Top1", "OrigTop1", "Err1", "OrigErr1"]
    stated = [
        {"keptParams": "20%", "dTop1": "-1%"},
        {"savedParams": "80%", "Top1": "70%", "OrigTop1": "71%"},
        {"MParams": 5, "OrigMParams": 25, "Err1": "30%", "OrigErr1": "29%"},
        {"old/new Nparam": 5, "dTop1": "-1%"},
        {"keptParams": "20%"},
        {"dTop1": "-1%"},
    ]
    name = {"Paper": "p", "Dataset": "d", "Model": "m"}
    rows = [dict.fromkeys(columns) | row | name | {"Name": i} for i, row in enumerate(stated, 1)]
    survey = write(tmp_path, "results.csv", rows, encoding="utf-8-sig")
    module = importlib.import_module("scalinglab.ingest.pruning_survey_shrinkbench")
    with caplog.at_level(logging.INFO, logger="scalinglab.ingest"):
        table = module._survey(survey["results.csv"])
    assert np.allclose(table["weights_remaining_share"], 0.2)
    assert np.allclose(table["top1_change_points"], -1)
    assert list(table["result"]) == [1, 2, 3, 4]
    assert [record.getMessage() for record in caplog.records] == [
        "1 rows left out, no share of weights kept is given: 6",
        "1 rows left out, no top-1 change is given: 5",
    ]


def test_the_expected_error_is_shared_out_over_the_groups(tmp_path):
    scores = np.linspace(0.0, 1.0, 1000)
    files = {}
    for name in ["cifar10-cscores-orig-order.npz", "cifar100-cscores-orig-order.npz"]:
        np.savez(tmp_path / name, scores=scores[::-1])
        files[name] = tmp_path / name
    table = derive("cifar_cscores", files)["cscores"]
    assert len(table) == 200
    assert np.allclose(table.groupby("dataset")["error_share"].sum(), 1)
    first = table.iloc[0]
    assert first["c_score_mean"] == pytest.approx(scores[:10].mean())
    assert first["error_share"] == pytest.approx((1 - scores[:10]).sum() / (1 - scores).sum())


def test_lists_of_notable_models_are_made_single(tmp_path):
    module = importlib.import_module("scalinglab.ingest.epoch_notable_models")
    row = dict.fromkeys(module.COLUMNS) | {"Model": " name\n", "Open model weights?": "Yes"}
    lists = {
        "Organization categorization": "Industry,Academia,Industry",
        "Training dataset size (total)": "14180000,14180000",
        "Frontier model": True,
    }
    files = write(tmp_path, "notable_ai_models.csv", [row | lists, row | {"Model": "plain"}])
    table = derive("epoch_notable_models", files)["notable_models"].set_index("model")
    assert table.loc["name", "organisation_kind"] == "Industry, Academia"
    assert table["dataset_size"].isna().all()
    assert list(table["is_frontier"]) == [True, False]


def test_the_parts_of_mmlu_are_weighted_by_their_questions(tmp_path):
    module = importlib.import_module("scalinglab.ingest.olmo_ladder")
    questions = {"stem": 3018, "humanities": 4705, "social_sciences": 3077, "other": 3242}
    for part, weight in module.MMLU_WEIGHTS.items():
        assert weight == pytest.approx(questions[part] / sum(questions.values()), abs=1e-3)
    scores = {"stem": 0.1, "humanities": 0.2, "social_sciences": 0.3, "other": 0.4}
    row = {f"acc_mmlu_{part}_test_rc": score for part, score in scores.items()}
    files = write(tmp_path, "final.csv", [row, row | {"acc_mmlu_stem_test_rc": None}])
    mmlu = module._mmlu(files["final.csv"], module.ACCURACY)
    assert mmlu[0] == pytest.approx(0.2466)
    assert np.isnan(mmlu[1])


def test_repeated_points_of_a_curve_are_left_out_and_counted(tmp_path, caplog):
    point = {"Domain": "LM", "Task": "val_loss", "Model": "1e9", "Seen Examples": 1.0}
    point |= {"Loss": 3.0, "Training": 1}
    image = point | {"Domain": "IC", "Training": 0}
    rows = [image | {"Task": "bird_10"}, image | {"Task": "bird_5"}]
    files = write(tmp_path, "benchmark.vision.csv", rows)
    files |= write(tmp_path, "benchmark.lang.csv", [point, point])
    with caplog.at_level(logging.INFO, logger="scalinglab.ingest"):
        curves = derive("neural_scaling_benchmark", files)["learning_curves"]
    assert list(curves["task"]) == ["bird_10", "val_loss"]
    assert list(curves["is_fitted"]) == [False, True]
    assert [record.args[0] for record in caplog.records] == [1, 1]


def test_a_correction_is_named_apart_from_whether_attention_is_counted(tmp_path):
    run = {"flops": 6e18, "n_params": 1e9, "tokens": 1e9, "loss": 3.0}
    labels = ["Attn: Cosine decay", "Attn: Counting last layer and attention FLOPs", "Cosine decay"]
    files = write(tmp_path, "isoflops.csv", [run | {"label": label} for label in labels])
    exponent = {"label": "Cosine decay", "a": 0.5, "a_lo": 0.4, "a_hi": 0.6}
    files |= write(tmp_path, "published_exponents.csv", [exponent])
    table = derive("porian_refinedweb_isoflops", files)["porian_isoflops"]
    assert list(table[["correction", "attention_counted"]].itertuples(index=False, name=None)) == [
        ("cosine decay", False),
        ("cosine decay", True),
        ("last layer counted", True),
    ]


# Failures: what is said, and that the old table stays

PROVENANCE = yaml.safe_load((CHECKOUT / "data" / "sources.yml").read_text())


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Lab:
    """A root with one old table, a folder of upstream files and provenance that pins them."""

    slug, table, file = "chinchilla-fig4", "chinchilla_runs", "svg_extracted_data.csv"

    def __init__(self, folder: Path):
        self.folder = folder / "sources"
        self.data = folder / "data"
        self.data.mkdir()
        (self.folder / self.slug).mkdir(parents=True)
        self.upstream = self.folder / self.slug / self.file
        self.old = self.data / f"{self.table}.csv"
        self.old.write_text("the old table\n")
        self.write(chinchilla_rows([2.0, 2.1, 2.2, 2.3, 2.4, 2.5]))

    def write(self, rows: list[dict]) -> None:
        """Write the upstream file and pin it."""
        pd.DataFrame(rows).to_csv(self.upstream, index=False)
        self.pin(digest(self.upstream))

    def pin(self, sha256: str, *, hosted: bool = True) -> None:
        source = {**PROVENANCE["sources"][self.slug]}
        file = {**source["files"][0], "sha256": sha256}
        source["files"] = [file if hosted else {**file, "path": None}]
        tables_ = {self.table: PROVENANCE["tables"][self.table]}
        text = yaml.safe_dump({"sources": {self.slug: source}, "tables": tables_})
        (self.data / "sources.yml").write_text(text)

    def unchanged(self) -> bool:
        names = sorted(path.name for path in self.data.iterdir())
        return self.old.read_text() == "the old table\n" and names == [
            self.old.name,
            "sources.yml",
        ]


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALINGLAB_ROOT", str(tmp_path))
    return Lab(tmp_path)


def test_a_folder_of_upstream_files_gives_the_table(lab, capsys):
    assert runner.main(["--sources", str(lab.folder)]) == 0
    assert "derived chinchilla-fig4: chinchilla_runs, 6 rows" in capsys.readouterr().out
    assert len(tables.load(lab.table)) == 6


def test_deriving_twice_gives_the_same_bytes(lab):
    runner.main(["--sources", str(lab.folder)])
    first = lab.old.read_bytes()
    lab.write(chinchilla_rows([2.0, 2.1, 2.2, 2.3, 2.4, 2.5])[::-1])
    runner.main(["--sources", str(lab.folder)])
    assert lab.old.read_bytes() == first
    assert b"\r" not in first


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (
            lambda lab: lab.upstream.unlink(),
            ["svg_extracted_data.csv is missing; expected at", "a copy of https://raw"],
        ),
        (
            lambda lab: lab.upstream.write_text(lab.upstream.read_text() + "1,2,3\n"),
            ["svg_extracted_data.csv is another version", "pinned is", "data/sources.yml"],
        ),
        (
            lambda lab: lab.write([{"Model Size": 1e9, "FLOP": 1e20, "loss": 2.0}]),
            ["svg_extracted_data.csv has no column Training FLOP"],
        ),
        (
            lambda lab: lab.write(chinchilla_rows([2.0, 99.0])),
            ["table chinchilla_runs, column loss_nats, row 2: 99.0 breaks the rule in_range"],
        ),
        (
            lambda lab: lab.write([{"Model Size": "big", "Training FLOP": 1e20, "loss": 2.0}]),
            ["svg_extracted_data.csv cannot be read as expected"],
        ),
        (
            lambda lab: (lab.upstream.write_text(""), lab.pin(digest(lab.upstream))),
            ["svg_extracted_data.csv is not a CSV table"],
        ),
    ],
    ids=["missing", "checksum", "column", "value", "type", "empty"],
)
def test_what_goes_wrong_is_named_and_the_old_table_stays(lab, capsys, spoil, says):
    spoil(lab)
    assert runner.main(["--sources", str(lab.folder)]) == runner.FAILED
    told = capsys.readouterr().out
    for part in ["FAILED  chinchilla-fig4: ", "1 tables failed and are unchanged", *says]:
        assert part in told
    assert lab.unchanged()


def test_an_interrupted_write_leaves_the_old_table(lab, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        runner.main(["--sources", str(lab.folder)])
    assert lab.unchanged()


def test_a_source_that_yields_other_tables_than_stated_is_refused(lab, capsys):
    text = (lab.data / "sources.yml").read_text()
    (lab.data / "sources.yml").write_text(text.replace("  chinchilla_runs:", "  cscores:"))
    assert runner.main(["--sources", str(lab.folder)]) == runner.FAILED
    assert "it yields chinchilla_runs, data/sources.yml names cscores" in capsys.readouterr().out
    assert lab.unchanged()


def test_tables_that_need_an_extract_are_left_and_the_exit_code_says_so(lab, capsys):
    lab.pin(digest(lab.upstream), hosted=False)
    assert runner.main([]) == runner.LEFT
    told = capsys.readouterr().out
    assert "chinchilla_runs cannot be derived by download" in told
    assert "is not hosted" in told
    assert "1 tables were left as they are: chinchilla_runs; pass --sources DIR" in told
    assert lab.unchanged()


def test_an_extract_is_derived_from_a_folder(lab):
    lab.pin(digest(lab.upstream), hosted=False)
    assert runner.main(["--sources", str(lab.folder)]) == 0


@pytest.mark.parametrize("arguments", [["nothing"], ["--sources", "no-such-folder"]])
def test_a_wrong_argument_is_refused(lab, capsys, arguments):
    with pytest.raises(SystemExit):
        runner.main(arguments)
    assert arguments[-1] in capsys.readouterr().err
    assert lab.unchanged()


# Download, from a server on this machine


class Host(BaseHTTPRequestHandler):
    """Serves one answer, whatever is asked for, and keeps the paths."""

    status, body, cut = 200, b"", 0
    paths: list[str]

    def do_GET(self):
        self.paths.append(self.path)
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body[: len(self.body) - self.cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def host(lab, tmp_path, monkeypatch):
    """A server in place of the raw file host, and an empty cache."""
    handler = type("Handler", (Host,), {"paths": [], "body": lab.upstream.read_bytes()})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setattr(sources, "RAW_HOST", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]:
        monkeypatch.delenv(variable, raising=False)
    shutil.rmtree(lab.folder)
    yield handler
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_pinned_file_is_downloaded_once(lab, host, tmp_path):
    assert runner.main([]) == 0
    assert len(tables.load(lab.table)) == 6
    source = SOURCES[lab.slug]
    assert host.paths == [
        f"/epoch-research/analyzing-chinchilla/{source.commit}/data/svg_extracted_data.csv"
    ]
    assert runner.main([]) == 0
    assert len(host.paths) == 1
    assert (tmp_path / "cache" / "scalinglab" / lab.slug / lab.file).is_file()


def test_a_blank_in_a_path_is_quoted():
    source = SOURCES["pruning-survey-shrinkbench"]
    assert source.url(source.files[0]).endswith("/existing-results/Results-Grid%20view.csv")


def wrong(handler):
    handler.body = handler.body.replace(b"2.0", b"2.9")


def cut(handler):
    handler.cut = 20


def absent(handler):
    handler.status = 404


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (wrong, ["is not the pinned file", "pin the new version in data/sources.yml"]),
        (cut, ["could not be downloaded", "try again, or put the file into a folder"]),
        (absent, ["could not be downloaded", "404", "--sources DIR"]),
    ],
)
def test_a_failed_download_is_named_and_the_old_table_stays(
    lab, host, capsys, tmp_path, spoil, says
):
    good = host.body, host.cut, host.status
    spoil(host)
    assert runner.main([]) == runner.FAILED
    told = capsys.readouterr().out
    for part in ["FAILED  chinchilla-fig4: svg_extracted_data.csv", *says]:
        assert part in told
    assert lab.unchanged()
    cached = tmp_path / "cache" / "scalinglab" / lab.slug
    assert list(cached.iterdir()) == []
    host.body, host.cut, host.status = good
    assert runner.main([]) == 0


def test_a_host_that_cannot_be_reached_is_named(lab, host, capsys, monkeypatch):
    monkeypatch.setattr(sources, "RAW_HOST", "http://127.0.0.1:1")
    assert runner.main([]) == runner.FAILED
    assert "svg_extracted_data.csv could not be downloaded" in capsys.readouterr().out
    assert lab.unchanged()


# A table transcribed by hand


def test_transcribed_outcomes_are_those_of_the_released_runs():
    forecasts = tables.load("published_forecasts").query("work == 'gadre2024' and scope == 'task'")
    names = {
        "ARC-Easy": "arc_easy",
        "LAMBADA": "lambada_openai",
        "OpenBook QA": "openbook_qa",
        "HellaSwag, zero-shot": "hellaswag_zeroshot",
    }
    scores = tables.load("overtraining_scores").query("parameters > 6e9")
    scores = scores.set_index(["corpus", "task"])["accuracy_share"]
    for row in forecasts.itertuples():
        corpus = row.target.removeprefix("6.9B model on ")
        assert row.realised == pytest.approx(100 * (1 - scores[corpus, names[row.quantity]]))


def test_a_transcribed_forecast_prints_what_its_outcome_says():
    forecasts = tables.load("published_forecasts")
    both = forecasts["predicted"].notna() & forecasts["realised"].notna()
    assert (both == (forecasts["outcome"] == "both numbers printed")).all()
    error = forecasts["outcome"] == "error printed"
    assert (forecasts["relative_error"].notna() == error).all()


# Corpora and treatments of the text


def test_core_averaged_from_the_tasks_is_the_average_that_upstream_states():
    scores = tables.load("dclm_scales").merge(tables.load("dclm_tasks"), on="task")
    chance = scores["chance_share"]
    scores["centred"] = (scores["accuracy_share"] - chance) / (1 - chance)
    core = scores.groupby(["corpus", "scale", "learning_rate"])["centred"].agg(["mean", "size"])
    assert (core["size"] == 22).all()
    # As printed upstream for the 7B runs at the higher learning rate, chance levels of 2025.
    for corpus, stated in (("C4", 0.345809), ("RefinedWeb", 0.373103), ("filtered", 0.430402)):
        assert core.loc[(corpus, "7B-1x", 0.002), "mean"] == pytest.approx(stated, abs=1e-5)


def test_a_stored_copy_of_an_evaluation_is_no_second_run():
    scores = tables.load("dclm_treatments").pivot(
        index=["treatment", "run"], columns="task", values="accuracy_share"
    )
    assert not scores.duplicated().any()
    assert scores.notna().all(axis=None)
    assert len(scores.loc["one corpus, repeated"]) == 7


def test_training_compute_of_the_image_text_scales_is_that_of_the_benchmark():
    flop = tables.load("image_text_scores").groupby("scale")["training_flop"].unique()
    stated = {"s": 9.5e16, "m": 9.5e17, "l": 2.6e19, "xl": 1.1e21}  # multiply-accumulates
    for scale, macs in stated.items():
        assert flop[scale].item() / 6 == pytest.approx(macs, rel=0.03)


def test_sizes_of_pythia_are_read_from_their_names(tmp_path):
    row = {"deduplicated": 1, "model": "m", "shot": "five-shot", "step": 143000, "task": "piqa"}
    row |= {"metric": "acc", "value": 0.5, "stderr": 0.01}
    rows = [row | {"size": size} for size in ("70m", "1.4b")]
    rows += [rows[0] | {"step": 3000}, rows[0] | {"metric": "acc_norm"}]
    table = derive("pythia_dedup", write(tmp_path, "pythia_v1_evals.csv", rows))["pythia_pile"]
    assert list(table["parameters"]) == [7e7, 1.4e9]
    assert table["is_deduplicated"].all()
    assert (table["shots"] == 5).all()


def test_weights_of_a_mixture_sum_to_one():
    weights = tables.load("mixture_weights").groupby(["parameters", "mixture"])["weight_share"]
    assert np.allclose(weights.sum(), 1, atol=0.01)
    losses = tables.load("mixture_losses").groupby(["parameters", "mixture"]).size()
    assert set(losses.index) == set(weights.groups)
    assert (losses == 13).all()
