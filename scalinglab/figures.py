"""The look of every figure, and ``publish``: a figure leaves a chapter with its values.

``figures/<id>.csv`` holds everything that was drawn, read off the artists themselves, so that the
table a reader downloads cannot differ from the picture; ``figures/<id>.svg`` holds the picture.
Both are written by ``make figures`` and compared with the new drawing in every other run.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import matplotlib as mpl
import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.category import StrCategoryFormatter
from matplotlib.collections import Collection, LineCollection, PathCollection, QuadMesh
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Annotation
from matplotlib.ticker import FixedFormatter
from numpy.typing import ArrayLike
from PIL import Image

from scalinglab import checked, report
from scalinglab.resampling import Bootstrap

INK = "#1f2933"
BLUE, ORANGE, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
AMBER, GREY = "#b8860b", "#6b7785"
COLOURS = (BLUE, ORANGE, GREEN, PINK, AMBER, GREY)
WIDTH, HEIGHT = 5.2, 3.4  # inches; text of 11 points stays legible on a phone
WORD_MARKS = ("title", "text", "tick", "legend")
NUMBERS = ("x", "y", "value", "size")
DATE_FORMATTERS = (
    mdates.AutoDateFormatter,
    mdates.ConciseDateFormatter,
    mdates.DateFormatter,
)
FIGURE_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def set_theme() -> None:
    """Set the one look of the book for all figures that follow."""
    import font_source_sans_pro as sans

    for path in Path(sans.font_directory).glob("SourceSansPro-*.ttf"):
        font_manager.fontManager.addfont(path)
    mpl.rcdefaults()
    mpl.rcParams.update(
        {
            "figure.figsize": (WIDTH, HEIGHT),
            "figure.constrained_layout.use": True,
            "font.family": "Source Sans Pro",
            "mathtext.fontset": "custom",
            "mathtext.rm": "Source Sans Pro",
            "mathtext.it": "Source Sans Pro:italic",
            "mathtext.cal": "Source Sans Pro:italic",
            "font.size": 11,
            "axes.titlesize": 12,
            "axes.titleweight": "semibold",
            "axes.titlelocation": "left",
            "axes.titlepad": 10,
            "axes.labelsize": 11,
            "xtick.labelsize": 10.5,
            "ytick.labelsize": 10.5,
            "legend.fontsize": 10.5,
            "legend.frameon": False,
            "axes.prop_cycle": mpl.cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.8,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": GREY,
            "grid.alpha": 0.22,
            "grid.linewidth": 0.6,
            "lines.linewidth": 1.8,
            "lines.markersize": 5,
            "errorbar.capsize": 0,
            "date.converter": "concise",
            "svg.fonttype": "path",
            "svg.hashsalt": "returns-on-compute",
        }
        | dict.fromkeys(
            (
                "text.color",
                "axes.edgecolor",
                "axes.labelcolor",
                "axes.titlecolor",
                "xtick.color",
                "ytick.color",
            ),
            INK,
        )
    )


def draw_intervals(
    axes: Axes, x: ArrayLike, results: Iterable[Bootstrap], *, scale: float = 1.0, **style
) -> None:
    """Draw results of resampling as points with their 95% intervals.

    x: one place per result. scale: 100 for shares in percent. style: of ``Axes.errorbar``; points
    are joined only if ``fmt`` says so.
    """
    results = list(results)
    middle = scale * np.array([result.estimate for result in results])
    low, high = scale * np.transpose([result.interval() for result in results])
    axes.errorbar(x, middle, [middle - low, high - middle], **{"fmt": "o"} | style)


def draw_rows(axes: Axes, results: Mapping[str, Bootstrap | tuple], **style) -> None:
    """Draw a forest: one row per result, named on the vertical axis, the first on top.

    results: by name, a result of resampling or (estimate, low, high). style: of ``Axes.errorbar``.
    Each row is a series of its own, so that the published values carry its name.
    """
    for row, (name, result) in enumerate(results.items()):
        middle, low, high = report.spread(result) if hasattr(result, "interval") else result
        ends = [[middle - low], [high - middle]]
        axes.errorbar(middle, row, xerr=ends, **{"fmt": "o", "color": BLUE, "label": name} | style)
    axes.set_yticks(range(len(results)), list(results))
    axes.set_ylim(len(results) - 0.5, -0.5)


class Published:
    """A published figure: notebooks show its PNG, tests compare its summary."""

    def __init__(self, summary: str, png: bytes):
        self.summary, self.png = summary, png

    def __repr__(self) -> str:
        return self.summary

    def _repr_png_(self) -> bytes:
        return self.png


def publish(fig: Figure, figure_id: str) -> Published:
    """Publish a figure under its id (lower case words joined by hyphens) and close it.

    In write mode its picture and values become ``figures/<id>.svg`` and ``.csv``. Otherwise the
    values are compared with the published ones: verify mode raises
    :class:`scalinglab.checked.Drift` for a moved value, a changed label, a missing or an extra
    series; report mode prints one sentence that says how far the figure moved.
    """
    if not FIGURE_ID.fullmatch(figure_id):
        raise ValueError(f"figure id {figure_id!r}: use lower case words joined by hyphens")
    drawn = values(fig)
    marks = drawn[~drawn["mark"].isin(WORD_MARKS)]
    if marks.empty:
        raise ValueError(f"figure {figure_id} draws nothing")
    stem = checked.root() / "figures" / figure_id
    if checked.mode() == "write":
        checked.write_atomically(stem.with_suffix(".svg"), _svg(fig))
        checked.write_atomically(stem.with_suffix(".csv"), checked.to_csv(drawn))
    else:
        moved = _moved(drawn, stem.with_suffix(".csv"))
        if moved and checked.mode() == "verify":
            raise checked.Drift(f"figure {figure_id}: {moved}")
        if moved:
            print(f"This run differs from the published figure {figure_id}: {moved}.")
    n_series = len(marks[["panel", "series", "mark"]].drop_duplicates())
    png = _palette_png(fig)
    plt.close(fig)
    return Published(
        f"<figure {figure_id}: {n_series} series, {len(marks)} values, regenerated>", png
    )


def values(fig: Figure) -> pd.DataFrame:
    """Return everything a figure shows as a tidy table, read off its artists.

    One row per vertex, in data units: ``panel`` (the title of the axes), ``x_label``, ``y_label``,
    ``series`` (the artist's label, or the words of a text), ``mark`` (line, points, bar, band,
    interval, cell, shape; title, text, tick and legend for words), ``x``, ``y``. A coordinate that
    is not in data units (the length of a reference line) is missing. Further columns are there when
    the figure uses them: ``date`` (the horizontal axis holds dates; ``x`` then counts days since
    1970), ``value`` (mapped to a colour), ``size`` (of points that differ in size).
    """
    rows = []
    if fig.get_suptitle():
        rows.append({"mark": "title", "series": fig.get_suptitle()})
    for axes in fig.axes:
        place = {"panel": _title(axes), "x_label": axes.get_xlabel(), "y_label": axes.get_ylabel()}
        rows += [place | row for row in (*_drawn(axes), *_words(axes))]
    columns = ["panel", "x_label", "y_label", "series", "mark", "x", "y"]
    optional = [c for c in ("date", "value", "size") if any(c in row for row in rows)]
    frame = pd.DataFrame(rows, columns=columns + optional)
    texts = [c for c in frame.columns if c not in NUMBERS]
    return frame.fillna(dict.fromkeys(texts, ""))


def read_values(path: Path) -> pd.DataFrame:
    """Return the values of a published figure, as :func:`values` gives them."""
    empty = {column: [""] for column in NUMBERS}  # words stay words: a series may be called "NA"
    return pd.read_csv(path, keep_default_na=False, na_values=empty)


def _title(axes: Axes) -> str:
    return axes.get_title("left") or axes.get_title()


def _drawn(axes: Axes) -> Iterator[dict]:
    """Yield one row per vertex of everything drawn in data units, in drawing order."""
    owner = _container_labels(axes)
    has_dates = isinstance(axes.xaxis.get_major_formatter(), DATE_FORMATTERS)
    for artist in (*axes.lines, *axes.patches, *axes.collections, *axes.images):
        label = str(owner.get(artist, artist.get_label()))
        series = "" if label.startswith("_") else label
        x_is_data, y_is_data = artist.get_transform().contains_branch_seperately(axes.transData)
        if isinstance(artist, Collection | AxesImage):
            x_is_data = y_is_data = True
        mark, vertices, more = _vertices(artist)
        for i, (x, y) in enumerate(np.asarray(vertices, dtype=float).reshape(-1, 2)):
            row = {"series": series, "mark": mark}
            row |= {"x": x if x_is_data else np.nan, "y": y if y_is_data else np.nan}
            if has_dates and np.isfinite(row["x"]):
                row["date"] = mdates.num2date(x).date().isoformat()
            yield row | {name: column[i] for name, column in more.items()}


def _vertices(artist: Artist) -> tuple[str, np.ndarray, dict[str, np.ndarray]]:
    """Return the kind of mark, its vertices (n, 2), and what else each vertex carries."""
    if isinstance(artist, Line2D):
        mark = "points" if artist.get_linestyle() in ("None", " ", "") else "line"
        return mark, np.column_stack(artist.get_data(orig=False)), {}
    if isinstance(artist, Rectangle):
        return "bar", [artist.get_xy(), artist.get_corners()[2]], {}
    if isinstance(artist, Patch):
        return "shape", artist.get_path().vertices, {}
    array = artist.get_array()
    more = {} if array is None else {"value": np.ravel(array)}
    if isinstance(artist, AxesImage):
        return "cell", np.indices(array.shape[:2])[::-1].reshape(2, -1).T, more
    if isinstance(artist, QuadMesh):
        corners = artist.get_coordinates()
        return "cell", (corners[:-1, :-1] + corners[1:, 1:]) / 2, more
    if isinstance(artist, PathCollection):
        sizes = artist.get_sizes()
        varied = {"size": sizes} if len(sizes) > 1 and np.ptp(sizes) > 0 else {}
        return "points", artist.get_offsets(), more | varied
    mark = "interval" if isinstance(artist, LineCollection) else "band"
    return mark, np.concatenate([path.vertices for path in artist.get_paths()]), {}


def _words(axes: Axes) -> Iterator[dict]:
    """Yield one row per title, text, named tick and legend entry."""
    if _title(axes):
        yield {"series": _title(axes), "mark": "title"}
    for text in axes.texts:
        x, y = text.xy if isinstance(text, Annotation) else text.get_position()
        x, y = axes.convert_xunits(x), axes.convert_yunits(y)
        yield {"series": text.get_text(), "mark": "text", "x": float(x), "y": float(y)}
    for axis, side in ((axes.xaxis, "x"), (axes.yaxis, "y")):
        formatter = axis.get_major_formatter()
        if isinstance(formatter, FixedFormatter | StrCategoryFormatter):
            places = axis.get_majorticklocs()
            for place, label in zip(places, formatter.format_ticks(places), strict=True):
                yield {"series": label, "mark": "tick", side: float(place)}
    if axes.get_legend():
        yield from ({"series": t.get_text(), "mark": "legend"} for t in axes.get_legend().texts)


def _container_labels(axes: Axes) -> dict[Artist, str]:
    """Return, for the parts of bar charts and error bars, the label of the whole."""
    owner = {}
    for container in axes.containers:
        if isinstance(container, ErrorbarContainer):
            line, caps, bars = container.lines
            parts = [part for part in (line, *caps, *bars) if part is not None]
        else:
            parts = container.get_children()
        owner |= dict.fromkeys(parts, container.get_label())
    return owner


def _moved(drawn: pd.DataFrame, published: Path) -> str | None:
    """Say how a drawing differs from the published values, or return None."""
    if not published.exists():
        return "it has not been published (`make figures` publishes it)"
    old = read_values(published)
    keys = ["panel", "mark", "series"]
    before, now = (frame[keys].drop_duplicates() for frame in (old, drawn))
    sides = before.merge(now, how="outer", indicator=True).query("_merge != 'both'")
    for _, mark, series, side in sides.itertuples(index=False):
        return f"{mark} {series!r} is {'missing' if side == 'left_only' else 'new'}"

    def name(i: int) -> str:
        return f"{drawn['mark'][i]} {drawn['series'][i]!r} (row {i + 1})"

    return checked.difference(drawn, old, name, by=keys)


def _svg(fig: Figure) -> bytes:
    buffer = io.BytesIO()
    fig.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return re.sub(rb"[ \t]+\n", b"\n", buffer.getvalue())


def _palette_png(fig: Figure) -> bytes:
    """Return the figure at twice its density; 256 colours weigh a quarter of full colour.

    It is drawn once: ``savefig`` draws it twice, the first time for the layout alone.
    """
    fig.set(dpi=200, facecolor="white")
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    small = io.BytesIO()
    image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        small, "PNG", optimize=True
    )
    return small.getvalue()
