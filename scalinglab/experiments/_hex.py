"""Hex on five by five as bits: one number of 25 bits for each player's stones.

Two players place stones in turn; one joins the top to the bottom edge, the other the left to the
right. A board is given as the player to move sees it: ``board[..., 0]`` holds that player's stones,
``board[..., 1]`` the opponent's, turned so that the player to move always joins top and bottom.
Cell i is row i // 5, column i % 5. There is no draw and no swap here; games start from openings.

``pgx`` has Hex too, but on a board that is always created with 121 cells, whatever its size, and
it relabels whole groups at every stone; the tests play both against each other. Bits make a step a
few shifts, and a search tree keeps two numbers a node.
"""

import jax
import jax.numpy as jnp

SIZE = 5
CELLS = SIZE * SIZE
ALL = 2**CELLS - 1
TOP = 2**SIZE - 1
BOTTOM = TOP << (CELLS - SIZE)
LEFT = sum(1 << (SIZE * row) for row in range(SIZE))
RIGHT = LEFT << (SIZE - 1)
LONGEST = 13  # no shortest path on the board has more stones


def neighbours(stones):
    """Return all cells that touch a set of cells: six around each, fewer at the edge."""
    not_left, not_right = stones & jnp.uint32(ALL ^ LEFT), stones & jnp.uint32(ALL ^ RIGHT)
    up_and_down = (stones << SIZE) | (stones >> SIZE)
    beside = (not_right << 1) | (not_left >> 1)
    across = (not_left << (SIZE - 1)) | (not_right >> (SIZE - 1))
    return (up_and_down | beside | across) & jnp.uint32(ALL)


def joined(stones):
    """Say whether stones join the top to the bottom edge."""
    reached = jax.lax.fori_loop(
        0, LONGEST, lambda _, r: r | (neighbours(r) & stones), stones & jnp.uint32(TOP)
    )
    return (reached & jnp.uint32(BOTTOM)) != 0


def turned(stones):
    """Return stones with rows and columns exchanged."""
    result = jnp.zeros_like(stones)
    for diagonal in range(1 - SIZE, SIZE):
        cells = [SIZE * r + r + diagonal for r in range(SIZE) if 0 <= r + diagonal < SIZE]
        part = stones & jnp.uint32(sum(1 << cell for cell in cells))
        shift = (SIZE - 1) * diagonal
        result |= part << shift if shift >= 0 else part >> -shift
    return result


def step(board, cell):
    """Place a stone of the player to move; return the opponent's view, and whether it won."""
    own = board[..., 0] | (jnp.uint32(1) << cell.astype(jnp.uint32))
    return jnp.stack([turned(board[..., 1]), turned(own)], axis=-1), joined(own)


def cells(stones):
    """Return bits as a vector of 0 and 1, (..., 25)."""
    return ((stones[..., None] >> jnp.arange(CELLS, dtype=jnp.uint32)) & 1).astype(jnp.float32)


def openings(key, n: int):
    """Draw n boards with one stone of each player, (n, 2): fair to neither, so play both sides."""
    first, second = jax.random.randint(key, (2, n), 0, jnp.array([[CELLS], [CELLS - 1]]))
    second = second + (second >= first)
    one = jnp.uint32(1)
    return jnp.stack([one << first.astype(jnp.uint32), one << second.astype(jnp.uint32)], axis=-1)
