"""What a student network gains from a teacher, and who pays for the teacher.

Teacher: a CNN that learned from the labelled signals. Students: small networks that learn, for the
same number of steps, from

``labels``
    the labelled signals and their labels;
``teacher``
    the same signals with the teacher's probabilities;
``teacher, new signals``
    signals that nobody labelled, with the teacher's probabilities;
``labels, new signals``
    those same signals with their true labels, which the teacher did not have: what the teacher's
    answers are worth against the truth;
``labels, paid``
    the labelled signals again, for as many more steps as the teacher's bill would buy.

``bill_flop`` is that bill: training the teacher, and its answers on the signals used. All arms are
judged at the moment that is best on the validation split, so that more steps cannot hurt. A seed
draws its own signals, teacher, weights and batches.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa

from scalinglab import experiments, schemas
from scalinglab.experiments import _signals

SAME = {"labels": False, "teacher": True}
NEW = {"teacher, new signals": True, "labels, new signals": False}
ARMS = (*SAME, *NEW, "labels, paid")
STUDENTS = ("MLP", "CNN")


@dataclass(frozen=True)
class Config:
    """Settings. steps, batch: of every run but the paid one. new_signals: without a label."""

    students: tuple[str, ...] = STUDENTS
    forward_flop: tuple[float, ...] = (3e3, 1e4, 3e4)
    arms: tuple[str, ...] = ARMS
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    teacher_width: int = 24
    learning_rate: float = 0.01
    steps: int = 1200
    checks: int = 8
    batch: int = 128
    labelled_signals: int = 4000
    new_signals: int = 16000
    validation_signals: int = 1000
    test_signals: int = 4000
    shuffled_labels: bool = False


SCALES = {
    "full": Config(),
    "quick": Config(
        students=("MLP",), forward_flop=(3e3,), arms=("labels", "labels, new signals"), seeds=(0, 1)
    ),
}

SCHEMA = schemas.table(
    {
        "student": schemas.text("architecture of the student", allowed=list(STUDENTS)),
        "rung": schemas.number("nominal cost of one signal, one forward pass", "FLOP"),
        "arm": schemas.text("what the student learned from", allowed=list(ARMS)),
        "seed": schemas.whole("draws signals, teacher, weights, batches", "", pa.Check.ge(0)),
        "width": schemas.whole("width of the student", "units"),
        "training_flop": schemas.number("cost of training the student", "FLOP"),
        "bill_flop": schemas.number("cost of the teacher and its answers", "FLOP", pa.Check.ge(0)),
        "teacher_accuracy": schemas.share(
            "share of right answers of the teacher, test split; missing where none was trained",
            nullable=True,
        ),
        "accuracy": schemas.share("share of right answers of the student, test split"),
    },
    key=["student", "rung", "arm", "seed"],
)
MEASURES = {"accuracy": 0.005}


def cells(config: Config) -> list[dict]:
    """Return one part for each student architecture: its sizes share the teachers."""
    return [{"student": student} for student in config.students]


def run_cell(config: Config, student: str) -> pd.DataFrame:
    """Train the teachers of all seeds, then students of every size in all arms."""
    from scalinglab.experiments import _networks

    labelled, new = config.labelled_signals, config.new_signals
    first = labelled + new
    drawn = [_signals.draw(first + held(config), seed) for seed in config.seeds]
    x = np.stack([x for x, _ in drawn])
    y = np.stack([y for _, y in drawn])
    if config.shuffled_labels:
        y[:, :labelled] = np.random.default_rng(9).permutation(y[:, :labelled], axis=1)
    truth = np.eye(_signals.CLASSES, dtype=np.float32)[y]

    teacher = _networks.CNN(config.teacher_width)
    answers, teacher_accuracy = truth, np.full(len(config.seeds), np.nan)
    if set(config.arms) & {arm for arm, asks in (SAME | NEW).items() if asks}:
        runs = [
            _run(config, teacher, seed, i, i, (0, labelled), config.steps)
            for i, seed in enumerate(config.seeds)
        ]
        teacher_accuracy, weights = _train(config, teacher, runs, x, truth)
        probabilities = _networks.one_by_one(
            lambda one, x: _softmax(teacher.apply(one[1], x[one[0]])),
            (np.arange(len(runs)), weights),
            x[:, :first],
        )
        answers = np.concatenate([probabilities, truth[:, first:]], axis=1)

    targets = np.concatenate([truth, answers])
    training = _networks.training_flop(teacher, config.steps, config.batch)
    parts = []
    for rung in config.forward_flop:
        network = _networks.NETWORKS[student](_networks.nearest_width(student, rung))
        per_step = _networks.training_flop(network, 1, config.batch)
        bought = round((training + teacher.flop * labelled) / per_step)
        for steps in (config.steps, config.steps + bought // config.checks * config.checks):
            paid = steps > config.steps
            runs, names = [], []
            for arm in (a for a in config.arms if (a == "labels, paid") == paid):
                asks = (SAME | NEW).get(arm, False)
                rows = (labelled, first) if arm in NEW else (0, labelled)
                bill = asks * (training + teacher.flop * (rows[1] - rows[0]))
                for i, seed in enumerate(config.seeds):
                    target = i + asks * len(config.seeds)
                    runs.append(_run(config, network, seed + 1000, i, target, rows, steps))
                    names.append((rung, arm, seed, bill, teacher_accuracy[i]))
            if not runs:
                continue
            accuracy, _ = _train(config, network, runs, x, targets)
            frame = pd.DataFrame(
                names, columns=["rung", "arm", "seed", "bill_flop", "teacher_accuracy"]
            )
            parts.append(
                frame.assign(width=network.width, training_flop=per_step * steps, accuracy=accuracy)
            )
    return pd.concat(parts).assign(student=student)[list(SCHEMA.columns)]


def held(config: Config) -> int:
    """Return how many signals are kept for validation and test."""
    return config.validation_signals + config.test_signals


def run(config: Config) -> pd.DataFrame:
    """Run all parts."""
    return experiments.together((run_cell(config, **cell) for cell in cells(config)), SCHEMA)


def _run(config, network, seed, signals, target, rows, steps) -> tuple:
    """Return one training run: which signals, which targets, weights, batches from these rows."""
    rng = np.random.default_rng(seed)
    batches = rng.integers(*rows, size=(steps, config.batch), dtype=np.int32)
    return np.int32(signals), np.int32(target), network.init(rng), batches


def _train(config: Config, network, runs: list, x: np.ndarray, targets: np.ndarray):
    """Train all runs; return their test accuracy at the best validated moment, and last weights."""
    import optax

    from scalinglab.experiments import _networks

    n = x.shape[1] - held(config)

    def run(one, x, targets):
        signals, target, weights, batches = one
        truth = targets[signals, n:].argmax(-1)

        def loss(weights, rows):
            logits = network.apply(weights, x[signals, rows])
            return optax.losses.softmax_cross_entropy(logits, targets[target, rows]).mean()

        def judge(weights):
            right = network.apply(weights, x[signals, n:]).argmax(-1) == truth
            return right[: config.validation_signals].mean(), right[
                config.validation_signals :
            ].mean()

        rate = optax.cosine_decay_schedule(config.learning_rate, len(batches))
        return _networks.train(loss, optax.adam(rate), weights, batches, judge, config.checks)

    weights, (validation, test) = _networks.one_by_one(run, _networks.stacked(runs), x, targets)
    best = np.asarray(validation).argmax(axis=1)
    return np.asarray(test, float)[np.arange(len(runs)), best], weights


def _softmax(logits):
    import jax

    return jax.nn.softmax(logits)
