# SPDX-License-Identifier: ISC
"""Tables of what was measured: medians with their spread, kept as TSV, shown as text and as Markdown."""
import pathlib
import statistics


class Spread:
    """The median of some rounds' values, and their quartiles: half of the rounds lie between these."""

    def __init__(self, values):
        values = list(values)
        self.median = statistics.median(values)
        self.low, _, self.high = (statistics.quantiles(values, n=4, method="inclusive")
                                  if len(values) > 1 else [self.median] * 3)

    def __str__(self):
        if self.low == self.high:
            return figure(self.median)
        return f"{figure(self.median)} [{figure(self.low)} {figure(self.high)}]"


def figure(value):
    """A number as people read it, with some four digits."""
    value += 0.0  # no minus before a zero
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{1 if abs(value) >= 100 else 2 if abs(value) >= 10 else 3}f}"


def shown(cell):
    """A cell as text."""
    if cell is None:
        return "-"
    return figure(cell) if isinstance(cell, (int, float)) else str(cell)


class Table:
    """One kind of measurement: a line for each server, client or size.

    name     of its file, without .tsv
    title    says what was done
    columns  their names; the cells of a row are text, numbers, Spreads, or None where nothing was measured
    notes    lines to read with it
    detail   whether it is too long to be printed, and goes to its file only
    """

    def __init__(self, name, title, columns, notes=(), detail=False):
        self.name, self.title, self.columns, self.notes = name, title, list(columns), list(notes)
        self.detail, self.rows = detail, []

    def add(self, *cells):
        assert len(cells) == len(self.columns), (cells, self.columns)
        self.rows.append(cells)

    def text(self):
        """The table as aligned text, with its title above and its notes below."""
        lines = [self.columns] + [[shown(cell) for cell in row] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*lines)]
        is_text = [any(isinstance(row[column], str) for row in self.rows) for column in range(len(widths))]
        aligned = ("  ".join(cell.ljust(width) if left else cell.rjust(width)
                             for cell, width, left in zip(line, widths, is_text)).rstrip() for line in lines)
        return "\n".join([self.title, "", *aligned, "", *self.notes]).rstrip() + "\n"

    def markdown(self):
        """The table as Markdown, without title and notes."""
        lines = [self.columns] + [[shown(cell).replace("|", "\\|") for cell in row] for row in self.rows]
        head, *body = (f"| {' | '.join(line)} |\n" for line in lines)
        return "".join([head, "|---" * len(self.columns) + "|\n", *body])

    def save(self, folder, origin):
        """Writes the table as TSV; a Spread takes three columns: median, lower and upper quartile.

        origin  on which machine, when and of which commit: comment lines
        """
        spreads = [any(isinstance(row[column], Spread) for row in self.rows)
                   for column in range(len(self.columns))]
        header = [name for column, spread in zip(self.columns, spreads)
                  for name in ([column, f"{column}_q1", f"{column}_q3"] if spread else [column])]
        lines = [f"# {self.title}", *(f"# {line}" for line in (*self.notes, *origin)), "\t".join(header)]
        for row in self.rows:
            lines.append("\t".join(text for pair in zip(row, spreads) for text in _stored(*pair)))
        pathlib.Path(folder, f"{self.name}.tsv").write_text("\n".join(lines) + "\n")


def _stored(cell, is_spread):
    """The cell's texts in a TSV file: three of them in a column with Spreads."""
    if isinstance(cell, Spread):
        return [f"{value:.6g}" for value in (cell.median, cell.low, cell.high)]
    text = "-" if cell is None else f"{cell:.10g}" if isinstance(cell, (int, float)) else cell
    return [text] + ["-", "-"] * is_spread


def load(folder, name):
    """The rows of a TSV file as dictionaries, numbers as numbers; none if there is no such file."""
    path = pathlib.Path(folder, f"{name}.tsv")
    if not path.exists():
        return []
    lines = [line.split("\t") for line in path.read_text().splitlines() if not line.startswith("#")]
    return [dict(zip(lines[0], map(_value, line))) for line in lines[1:]]


def origin(folder, name):
    """On which machine a TSV file was written: parts such as "cores 2"; none if it does not tell."""
    path = pathlib.Path(folder, f"{name}.tsv")
    lines = path.read_text().splitlines() if path.exists() else []
    return [part for line in lines if line.startswith("# machine: ") for part in line[len("# machine: "):].split("; ")]


def _value(text):
    try:
        return None if text == "-" else float(text)
    except ValueError:
        return text
