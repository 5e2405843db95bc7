"""The bits play the Hex of pgx."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pgx._src.games import hex as pgx_hex

from scalinglab.experiments import _hex


def test_random_games_end_as_in_pgx():
    rng = np.random.default_rng(0)
    step = jax.jit(_hex.step)
    theirs = jax.jit(pgx_hex.Game(size=_hex.SIZE).step)
    lengths = []
    for _ in range(40):
        board = jnp.zeros(2, jnp.uint32)
        state = pgx_hex.GameState(board=jnp.zeros(_hex.CELLS, jnp.int32))
        for ply, cell in enumerate(rng.permutation(_hex.CELLS)):
            # The second player sees the board turned.
            seen = cell if ply % 2 == 0 else (cell % _hex.SIZE) * _hex.SIZE + cell // _hex.SIZE
            board, won = step(board, jnp.int32(seen))
            state = theirs(state, jnp.int32(cell))
            assert bool(won) == bool(state.terminated)
            if won:
                break
        assert won, "a full board has a winner"
        lengths.append(ply)
    assert len(set(lengths)) > 5


def test_turning_twice_is_nothing_and_turning_exchanges_rows_and_columns():
    stones = jnp.uint32(np.random.default_rng(0).integers(_hex.ALL + 1, size=100))
    turned = _hex.turned(stones)
    np.testing.assert_array_equal(_hex.turned(turned), stones)
    squares = _hex.cells(stones).reshape(-1, _hex.SIZE, _hex.SIZE)
    np.testing.assert_array_equal(
        _hex.cells(turned).reshape(squares.shape), squares.transpose(0, 2, 1)
    )


@pytest.mark.parametrize(("cell", "touching"), [(12, 6), (0, 2), (4, 3), (24, 2), (10, 4)])
def test_a_cell_has_six_neighbours_and_fewer_at_the_edge(cell, touching):
    around = _hex.neighbours(jnp.uint32(1 << cell))
    assert int(_hex.cells(around).sum()) == touching
    for other in np.flatnonzero(_hex.cells(around)):
        assert int(_hex.neighbours(jnp.uint32(1 << int(other)))) >> cell & 1


def test_openings_have_one_stone_of_each_on_different_cells():
    boards = _hex.openings(jax.random.key(0), 500)
    own, other = boards[:, 0], _hex.turned(boards[:, 1])
    for stones in (own, other):
        assert (_hex.cells(stones).sum(axis=1) == 1).all()
        assert len(np.unique(stones)) == _hex.CELLS
    # The second stone is drawn as the player to move sees it.
    assert not (own & boards[:, 1]).any()
