"""Train more or think longer: self-play Hex on five by five, with tree search.

A small network learns from games that it plays against itself, each move chosen by a search of 16
simulations (Gumbel AlphaZero, from the package mctx). Copies of it are kept each time its training
has doubled. An agent is a copy that thinks with a number of simulations; all agents of a seed play
all others, from the same openings on both sides. ``ratings`` puts them on one scale, ``exchange``
says how much search a tenfold training replaces, by two estimators.

The cost of thinking is counted in network evaluations (a move without search costs one, with n
simulations n + 1), the cost of training in FLOP: the evaluations of self-play and three passes for
each position learned from. The game's own rules and the bookkeeping of the tree are not counted.
"""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd
import pandera.pandas as pa

from scalinglab import experiments, schemas

ELO = 400 / np.log(10)


@dataclass(frozen=True)
class Config:
    """Settings. snapshots: iterations of training. simulations: of the agents; 0 is no search."""

    seeds: tuple[int, ...] = (0, 1, 2, 3)
    snapshots: tuple[int, ...] = (4, 8, 16, 32, 64, 128, 256)
    simulations: tuple[int, ...] = (0, 4, 16, 64)
    openings: int = 12
    width: int = 64
    games: int = 64
    plies: int = 16
    training_simulations: int = 16
    batch: int = 256
    learning_rate: float = 0.002
    shuffled_targets: bool = False


SCALES = {
    "full": Config(),
    "quick": Config(seeds=(0,), snapshots=(4, 16), simulations=(0,)),
}

SCHEMA = schemas.table(
    {
        "seed": schemas.whole("draws weights, games and openings", "", pa.Check.ge(0)),
        "black_snapshot": schemas.whole("training of the agent that moves first", "iterations"),
        "black_simulations": schemas.whole("its search", "simulations a move", pa.Check.ge(0)),
        "white_snapshot": schemas.whole("training of the other agent", "iterations"),
        "white_simulations": schemas.whole("its search", "simulations a move", pa.Check.ge(0)),
        "games": schemas.whole("games, one from each opening", "games"),
        "black_share": schemas.share("share that the agent who moves first won"),
    },
    key=["black_snapshot", "black_simulations", "white_snapshot", "white_simulations", "seed"],
)
MEASURES = {"black_share": 0.1}


def cells(config: Config) -> list[dict]:
    """Return one part for each seed."""
    return [{"seed": seed} for seed in config.seeds]


def evaluation_flop(config: Config) -> int:
    """Return the FLOP of one network evaluation: matrix products only."""
    return 2 * (50 * config.width + config.width**2 + config.width * 26)


def training_flop(config: Config, iterations) -> np.ndarray:
    """Return the FLOP of so many iterations: self-play, and the gradients of its positions."""
    a_move = config.training_simulations + 1 + 3
    moves = config.games * config.plies * np.asarray(iterations, float)
    return moves * a_move * evaluation_flop(config)


def evaluate(weights: dict, board):
    """Return logits of the 25 cells, (..., 25), and the value from -1 to 1 of boards (..., 2)."""
    import jax
    import jax.numpy as jnp

    from scalinglab.experiments import _hex

    x = jnp.concatenate([_hex.cells(board[..., 0]), _hex.cells(board[..., 1])], axis=-1)
    for layer in ("in", "hidden"):
        x = jax.nn.relu(x @ weights[layer] + weights[f"{layer} bias"])
    x = x @ weights["out"] + weights["out bias"]
    return x[..., :-1], jnp.tanh(x[..., -1])


def search(weights: dict, key, boards, simulations: int, noise: float):
    """Search from boards (n, 2); return the moves (n,) and improved move probabilities (n, 25).

    noise: the scale of the Gumbel noise, 1 to explore, 0 to play one's best.
    """
    import jax.numpy as jnp
    import mctx

    from scalinglab.experiments import _hex

    def taken(boards):
        return _hex.cells(boards[..., 0] | boards[..., 1]) > 0

    def play(weights, _, move, boards):
        after, won = _hex.step(boards, move)
        logits, value = evaluate(weights, after)
        logits = jnp.where(taken(after), jnp.finfo(logits.dtype).min, logits)
        told = mctx.RecurrentFnOutput(
            reward=won.astype(value.dtype),
            discount=jnp.where(won, 0.0, -1.0),
            prior_logits=logits,
            value=jnp.where(won, 0.0, value),
        )
        return told, after

    logits, value = evaluate(weights, boards)
    if not simulations:
        logits = jnp.where(taken(boards), -jnp.inf, logits)
        return logits.argmax(axis=-1), logits
    found = mctx.gumbel_muzero_policy(
        weights,
        key,
        mctx.RootFnOutput(prior_logits=logits, value=value, embedding=boards),
        play,
        simulations,
        invalid_actions=taken(boards),
        gumbel_scale=noise,
    )
    return found.action, found.action_weights


def run_cell(config: Config, seed: int) -> pd.DataFrame:
    """Train one network, keep its snapshots, and let all agents play all agents."""
    from scalinglab.experiments import _networks

    return arena(config, seed, _networks.stacked(train(config, seed)))


def train(config: Config, seed: int) -> list[dict]:
    """Return the weights of each snapshot, in order of training."""
    import jax

    boards = _opened(config.games)(jax.random.key(seed))
    carried, kept, done = (*first_weights(config, seed), boards), [], 0
    for iterations in sorted(config.snapshots):
        while done < iterations:
            key = jax.random.fold_in(jax.random.key(seed), done)
            carried = _iteration(config)(carried, key)
            done += 1
        kept.append(carried[0])
    return kept


def first_weights(config: Config, seed: int) -> tuple:
    """Return the untrained network and the state of its optimiser."""
    from scalinglab.experiments import _networks

    w = config.width
    weights = _networks.drawn(
        np.random.default_rng(seed), {"in": (50, w), "hidden": (w, w), "out": (w, 26)}
    )
    return weights, _optimiser(config).init(weights)


def arena(config: Config, seed: int, weights: dict) -> pd.DataFrame:
    """Let all agents play all agents from the same openings, each side in turn; count the wins.

    weights: of all snapshots, stacked. The games of two kinds of search run at once, as an array
    (snapshot of black, opponent, opening); the copy that is to move is brought to the front.
    """
    import jax
    import jax.numpy as jnp

    n, snapshots = len(config.snapshots), np.array(sorted(config.snapshots))
    start = _opened(config.openings)(jax.random.key(seed + 1_000_000))
    start = jnp.broadcast_to(start, (n, n, *start.shape))
    # Opponent r of copy i is copy i + r (modulo n): `theirs` sorts games by the white copy.
    black, r = np.indices((n, n))
    white = (black + r) % n
    theirs = ((black - r) % n, r)
    parts = []
    for one in config.simulations:
        for other in config.simulations:
            boards, running = start, np.ones(start.shape[:-1], bool)
            wins = np.zeros(running.shape, bool)
            for ply in range(_cells()):
                mover, simulations = (None, one) if ply % 2 == 0 else (theirs, other)
                seen = boards if mover is None else boards[mover]
                boards, won = _move(simulations)(weights, seen)
                if mover is not None:
                    boards, won = boards[white, r], won[white, r]
                won = np.asarray(won) & running
                wins |= won & (ply % 2 == 0)
                running &= ~won
                if not running.any():
                    break
            parts.append(
                pd.DataFrame(
                    {
                        "seed": seed,
                        "black_snapshot": snapshots[black].ravel(),
                        "black_simulations": one,
                        "white_snapshot": snapshots[white].ravel(),
                        "white_simulations": other,
                        "games": config.openings,
                        "black_share": wins.mean(axis=-1).ravel(),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def run(config: Config) -> pd.DataFrame:
    """Run all parts."""
    return experiments.together((run_cell(config, **cell) for cell in cells(config)), SCHEMA)


def ratings(result: pd.DataFrame, config: Config | None = None) -> pd.DataFrame:
    """Return the Bradley-Terry ratings, in Elo around 0, of the agents of each seed.

    One rating an agent and one advantage of the first move are fitted by maximum likelihood, with
    half a draw against an average player for each agent, so that one who never loses stays finite.
    A row is an agent: seed, snapshot, simulations, training_flop, evaluations, elo.
    """
    config, parts = config or SCALES["full"], []
    for seed, games in result.groupby("seed"):
        sides = [
            pd.MultiIndex.from_frame(
                games[[f"{side}_snapshot", f"{side}_simulations"]],
                names=["snapshot", "simulations"],
            )
            for side in ("black", "white")
        ]
        agents = sides[0].union(sides[1]).unique()
        black, white = (agents.get_indexer(side) for side in sides)
        strength = bradley_terry(black, white, games["games"], games["black_share"], len(agents))
        parts.append(agents.to_frame(index=False).assign(seed=seed, elo=ELO * strength))
    rated = pd.concat(parts, ignore_index=True)
    rated["training_flop"] = training_flop(config, rated["snapshot"])
    rated["evaluations"] = rated["simulations"] + 1
    return rated


def bradley_terry(first, second, games, share, n: int) -> np.ndarray:
    """Return strengths (n,) in logits, mean 0, where P(first wins) = logistic(s1 - s2 + start).

    first, second: numbers of the players, games: how many, share: won by the first, all (m,).
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    first, second = np.asarray(first), np.asarray(second)
    games, share = np.asarray(games, float), np.asarray(share, float)

    def loss(parameters):
        s, start = parameters[:n], parameters[n]
        gap = s[first] - s[second] + start
        miss = games * (expit(gap) - share)
        prior = expit(s) - 0.5
        value = (games * (np.logaddexp(0, gap) - share * gap)).sum()
        value += (np.logaddexp(0, s) - s / 2).sum()
        pull = np.bincount(first, miss, n) - np.bincount(second, miss, n) + prior
        return value, np.append(pull, miss.sum())

    found = minimize(loss, np.zeros(n + 1), jac=True, method="L-BFGS-B", options={"maxiter": 2000})
    return found.x[:n] - found.x[:n].mean()


def exchange(rated: pd.DataFrame) -> pd.DataFrame:
    """Return, for each seed, what training and search are worth, by two estimators.

    ``plane``: elo is regressed on log10 training and log10 evaluations of all agents.
    ``isolines``: for each kind of search, the training at which a rating is reached is read off;
    its log10 is regressed on log10 evaluations, with a constant for each rating of a grid.
    ``elo_per_doubling_of_search``, ``_of_training`` (plane only); ``worth``: times the training
    that the most simulations are worth over none; ``replaces``: times the evaluations a move that
    a tenfold training replaces.
    """
    rows = []
    for seed, agents in rated.groupby("seed"):
        train, think = np.log10(agents["training_flop"]), np.log10(agents["evaluations"])
        design = np.column_stack([np.ones(len(agents)), train, think])
        _, by_train, by_think = np.linalg.lstsq(design, agents["elo"], rcond=None)[0]
        estimates = {"plane": by_think / by_train, "isolines": isoline_slope(agents)}
        for estimator, slope in estimates.items():
            rows.append(
                {
                    "seed": seed,
                    "estimator": estimator,
                    "elo_per_doubling_of_training": by_train * np.log10(2),
                    "elo_per_doubling_of_search": by_think * np.log10(2),
                    "worth": 10 ** (slope * think.max()),
                    "replaces": 10 ** (1 / slope),
                }
            )
    return pd.DataFrame(rows)


def isoline_slope(agents: pd.DataFrame, levels: int = 50) -> float:
    """Return the fall of log10 training per log10 evaluations along lines of equal rating.

    The ratings of a kind of search, made to rise with training (isotonic), give the training at
    which each of ``levels`` ratings between the lowest and the highest is reached; a rating that a
    kind of search never has is left out for that kind.
    """
    from scipy.optimize import isotonic_regression

    grid = np.linspace(agents["elo"].min(), agents["elo"].max(), levels)
    think, train, level = [], [], []
    for evaluations, curve in agents.groupby("evaluations"):
        curve = curve.sort_values("training_flop")
        elo = isotonic_regression(curve["elo"]).x
        inside = np.flatnonzero((grid >= elo[0]) & (grid <= elo[-1]))
        rising = elo + 1e-9 * np.arange(len(elo))
        train.append(np.interp(grid[inside], rising, np.log10(curve["training_flop"])))
        think.append(np.full(len(inside), np.log10(evaluations)))
        level.append(inside)
    frame = pd.DataFrame(
        {k: np.concatenate(v) for k, v in {"x": think, "y": train, "level": level}.items()}
    )
    centred = frame[["x", "y"]] - frame.groupby("level")[["x", "y"]].transform("mean")
    return -float((centred["x"] * centred["y"]).sum() / (centred["x"] ** 2).sum())


def _cells() -> int:
    from scalinglab.experiments import _hex

    return _hex.CELLS


def _optimiser(config: Config):
    import optax

    return optax.adam(config.learning_rate)


@cache
def _opened(n: int):
    import jax

    from scalinglab.experiments import _hex

    return jax.jit(partial(_hex.openings, n=n))


@cache
def _move(simulations: int):
    """Compile one move of every copy: weights (p, ...), boards (p, ..., 2)."""
    import jax

    from scalinglab.experiments import _hex, _networks

    def move(weights, boards):
        flat = boards.reshape(-1, 2)
        cell, _ = search(weights, jax.random.key(0), flat, simulations, noise=0.0)
        after, won = _hex.step(flat, cell)
        return after.reshape(boards.shape), won.reshape(boards.shape[:-1])

    return _networks.compiled(jax.vmap(move))


@cache
def _iteration(config: Config):
    """Compile one iteration: self-play from the last boards, then one pass over its positions."""
    import jax
    import jax.numpy as jnp
    import optax

    from scalinglab.experiments import _hex, _networks

    def loss(weights, batch):
        boards, policy, outcome = batch
        logits, value = evaluate(weights, boards)
        cross_entropy = optax.losses.softmax_cross_entropy(logits, policy).mean()
        return cross_entropy + jnp.square(value - outcome).mean()

    def iteration(carried, key):
        weights, state, boards = carried
        play_key, order_key, wrong_key = jax.random.split(key, 3)

        def ply(boards, key):
            search_key, opening_key = jax.random.split(key)
            cell, policy = search(weights, search_key, boards, config.training_simulations, 1.0)
            after, won = _hex.step(boards, cell)
            new = _hex.openings(opening_key, config.games)
            return jnp.where(won[:, None], new, after), (boards, policy, won)

        keys = jax.random.split(play_key, config.plies)
        boards, (seen, policy, won) = jax.lax.scan(ply, boards, keys)

        def back(later, won):
            value = jnp.where(won, 1.0, -later)
            return value, value

        # A game that is not over yet ends in what the network makes of its board.
        _, outcome = jax.lax.scan(back, evaluate(weights, boards)[1], won, reverse=True)
        order = jax.random.permutation(order_key, won.size)
        targets = [policy.reshape(won.size, -1), outcome.reshape(-1)]
        if config.shuffled_targets:
            wrong = jax.random.permutation(wrong_key, won.size)
            targets = [target[wrong] for target in targets]
        batches = jax.tree.map(
            lambda a: a[order].reshape(-1, config.batch, *a.shape[1:]),
            (seen.reshape(-1, 2), *targets),
        )

        def learn(carry, batch):
            weights, state = carry
            change, state = _optimiser(config).update(jax.grad(loss)(weights, batch), state)
            return (optax.apply_updates(weights, change), state), None

        (weights, state), _ = jax.lax.scan(learn, (weights, state), batches)
        return weights, state, boards

    return _networks.compiled(iteration)
