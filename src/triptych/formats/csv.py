"""Tables as CSV or TSV: each row as `header: value` pairs, so that a row can be found and quoted.

What stands above the table ("patient,C. Okeke") and below it is `label: value` where it has two cells.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from triptych.errors import FileError
from triptych.formats._plain import PAGE_CHARACTERS, TextDocument, check_pages, decode, encoding_of
from triptych.settings import Limits
from triptych.types import Section

_SUFFIXES = {".csv": None, ".tsv": "\t", ".tab": "\t"}
_CELL = 2000  # characters of one cell that are kept: a cell is a value, not a document


def load(argument: str = "") -> CsvFormat:
    """The format; it has no argument."""
    return CsvFormat()


class CsvFormat:
    """See `seams.Format`. The name decides; the delimiter is found in the content."""

    def sniff(self, head: bytes, name: str) -> int:
        return 2 if Path(name.lower()).suffix in _SUFFIXES and encoding_of(head) else 0

    def open(self, path: Path, limits: Limits) -> TextDocument:
        text, encoding = decode(path, limits)
        dialect = _dialect(text, path)
        try:
            table = [
                [_clean(cell) for cell in row] for row in _rows(text, dialect) if any(map(str.strip, row))
            ]
        except csv.Error as error:
            raise FileError("damaged", f"{path.name} is no valid CSV: {error}") from error
        above, header, rows = _parts(table)
        lines = [*map(_aside, above), *(_line(header, row) for row in rows)] or [", ".join(table[0])]
        text, spans = _lay_out(lines)
        check_pages(path.name, len(spans), limits)
        title = ", ".join(h for h in header if h)[:300]
        sections = [Section(0, title)] if title else []
        meta = {"encoding": encoding, "rows": len(above) + len(rows), "columns": max(map(len, table))}
        return TextDocument("csv", "text/csv", text, sections, spans, meta)


def _dialect(text: str, path: Path) -> type[csv.Dialect] | csv.Dialect:
    sample = text[:16384]
    fixed = _SUFFIXES.get(path.suffix.lower())
    try:
        return csv.Sniffer().sniff(sample, delimiters=fixed or ",;\t|")
    except csv.Error:  # one column, or too irregular to tell
        return csv.excel_tab if fixed else csv.excel


def _rows(text: str, dialect: type[csv.Dialect] | csv.Dialect) -> Iterator[list[str]]:
    csv.field_size_limit(10_000_000)
    return iter(csv.reader(io.StringIO(text), dialect))


def _clean(cell: str) -> str:
    return " ".join(cell.split())[:_CELL]


def _parts(table: list[list[str]]) -> tuple[list[list[str]], list[str], list[list[str]]]:
    """(rows above, header, rows): the table begins where a row is as wide as most of more than two cells are."""
    widths = [max((i for i, cell in enumerate(row, 1) if cell), default=0) for row in table]
    wide = sorted(w for w in widths if w > 2)
    usual = wide[len(wide) // 2] if len(wide) > 2 else 0
    begin = next(i for i, w in enumerate(widths) if w >= usual)
    header, rows = _header(table[begin:])
    return (table[:begin], header, rows) if header else ([], [], table)


def _aside(row: list[str]) -> str:
    filled = [cell for cell in row if cell]
    return ": ".join(filled) if len(filled) == 2 else ", ".join(filled)


def _header(table: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """(header, rows): the first row is a header when its cells are words and differ from each other."""
    first = table[0]
    named = [cell for cell in first if cell]
    is_header = (
        len(table) > 1
        and len(named) >= max(1, len(first) // 2)
        and len(set(named)) == len(named)
        and not any(_is_number(cell) for cell in named)
        and all(len(cell) <= 80 for cell in named)
    )
    return (first, table[1:]) if is_header else ([], table)


def _is_number(cell: str) -> bool:
    bare = cell.strip("+-%$€£ ").replace(",", "").replace(".", "").replace("/", "").replace(":", "")
    return bare.isdigit()


def _line(header: list[str], row: list[str]) -> str:
    if len(header) > 2 and len(row) == 2:
        return _aside(row)
    if not header:
        return ", ".join(cell for cell in row if cell)
    names = list(islice(header, len(row))) + [""] * (len(row) - len(header))
    return "; ".join(
        f"{name}: {cell}" if name else cell for name, cell in zip(names, row, strict=True) if cell
    )


def _lay_out(lines: list[str]) -> tuple[str, list[tuple[int, int]]]:
    """Rows joined by newlines, and pages that end between rows."""
    spans: list[tuple[int, int]] = []
    start = at = 0
    for line in lines:
        if at > start and at + len(line) - start > PAGE_CHARACTERS:
            spans.append((start, at))
            start = at
        at += len(line) + 1
    spans.append((start, at))
    return "\n".join(lines), spans
