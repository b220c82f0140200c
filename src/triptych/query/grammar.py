"""The line that people type: `acme "total due" -draft type:pdf date:2024-01..2024-03`.

    line   := part*
    part   := ["-"] (quoted | filter | word)
    quoted := '"' words '"'                        these words side by side, on the page
    filter := field ":" value ("," value)*         a field of `filters`, or tag.NAME
    value  := word | quoted | low ".." high | first "-" last (page numbers) | (">" | ">=" | "<" | "<=") value

A filter becomes an expression of `filters`: one vocabulary for both. `-` keeps away what follows it, unless that
looks like an amount or a single letter: "-8.79" is a number, and "1851 -A" a name. Names before a colon that are no
field are a mistake, unless they can hardly be meant as one: "12:30", "http://", "C:\\scans", "Total:129.50".

A line that ends in a question mark is a question in plain words: its quotes and dashes are its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from triptych.errors import UserError
from triptych.query import filters
from triptych.words import tokens

_QUESTION = ("?", "？", "؟", "⸮", "՞")
_FIELD = re.compile(r"""(?P<name>[^\W\d]\w+(?:\.[\w-]+)?):(?P<value>[^\s":/\\](?:[^\s"]|"[^"]*")*|"[^"]*")""")
_NOT = re.compile(r'-(?="|[^\W\d_]{2}|\w{3,}(?![.,]?\w))')
_WORD = re.compile(r"\S+")
_VALUES = re.compile(r'(?:"[^"]*"|[^,"])+')
_RANGE = re.compile(r"(?P<low>[^.]*(?:\.\d+)?)\.\.(?P<high>.*)")
_PAGES = re.compile(r"(?P<low>\d+)-(?P<high>\d+)")
_COMPARED = re.compile(r"(?P<operator>[<>]=?)(?P<value>.+)")
_ANYWHERE = ("title", "source")  # the value may be a part of these


@dataclass(frozen=True, slots=True)
class Line:
    """What a line asks. `words` are those that rank, `phrases` stand on every page that is found and
    `without` on none; `where` is the expression of its filters, None without any."""

    words: str
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    where: str | None = None


class _Filter(NamedTuple):
    """`name:value` at character `at` of the line; `value_at` is where the value begins."""

    name: str
    value: str
    at: int
    value_at: int
    negated: bool


def parse(line: str) -> Line:
    """Take a line apart. Raises UserError that points at the character where it cannot be understood."""
    return _Parser(line).parsed()


class _Parser:
    """One pass over the parts of a line."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.plain = line.rstrip().endswith(_QUESTION)
        self.words: list[str] = []
        self.phrases: list[str] = []
        self.without: list[str] = []
        self.conditions: list[str] = []

    def parsed(self) -> Line:
        at = 0
        while (at := self._spaces(at)) < len(self.line):
            at = self._part(at)
        where = " and ".join(self.conditions)
        return Line(" ".join(self.words), tuple(self.phrases), tuple(self.without), where or None)

    def _spaces(self, at: int) -> int:
        while at < len(self.line) and self.line[at].isspace():
            at += 1
        return at

    def _part(self, at: int) -> int:
        """Read the part at `at`; where the next one may begin."""
        negated = _NOT.match(self.line, at) is not None
        begin = at + negated
        if (found := _FIELD.match(self.line, begin)) and self._means_field(
            found["name"], found["value"], begin
        ):
            self._filter(_Filter(found["name"], found["value"], begin, found.start("value"), negated))
            return found.end()
        if self.line[begin] == '"' and not self.plain:
            return self._quoted(begin, negated)
        word = _WORD.match(self.line, at)
        assert word is not None
        if negated and not self.plain and tokens.words(word[0]):
            self.without.append(word[0][1:])
        else:
            self.words.append(word[0])
        return word.end()

    def _quoted(self, at: int, negated: bool) -> int:
        end = self.line.find('"', at + 1)
        inside = self.line[at + 1 : end if end >= 0 else None]
        if end < 0 and inside.strip():
            self._fail(
                at, "this quotation is not closed; type another quote where it ends, or leave this one out"
            )
        if tokens.words(inside):
            (self.without if negated else self.phrases).append(inside.strip())
            if not negated:
                self.words.append(inside.strip())
        return len(self.line) if end < 0 else end + 1

    # ------------------------------------------------------------------------------------ filters

    def _means_field(self, name: str, value: str, at: int) -> bool:
        """Whether `name:value` is a filter. A name with a capital is a label that stands on pages
        ("Total:129"), and a value with signs an address, unless there is such a field."""
        if filters.known(name):
            return True
        if self.plain or name != name.lower() or set(value) & set(":@"):
            return False
        what = f"there is no field '{name}' to filter by {filters.nearest(name)}"
        self._fail(at, f"{what}; to look for these very words, put them in quotes", name)

    def _filter(self, asked: _Filter) -> None:
        values = _VALUES.finditer(asked.value)
        either = [self._condition(asked, part[0], asked.value_at + part.start()) for part in values]
        if not either:
            self._fail(asked.value_at, f"expected a value after '{asked.name}:'")
        condition = either[0] if len(either) == 1 else f"({' or '.join(either)})"
        self.conditions.append(f"not {condition}" if asked.negated else condition)

    def _condition(self, asked: _Filter, value: str, at: int) -> str:
        """The expression of one value: a range, an open range, or the value itself."""
        name = asked.name.lower()
        text = name.removeprefix("tags.").removeprefix("tag.") == name and filters.is_text(name)
        quoted = value.startswith('"')
        if text or quoted:
            return self._compared(name, "~" if text or "." in name else "=", value, at)
        if (found := _RANGE.fullmatch(value)) or (
            name in ("page", "pages") and (found := _PAGES.fullmatch(value))
        ):
            ends = [(">=", found["low"], at), ("<=", found["high"], at + found.start("high"))]
            parts = [self._compared(name, operator, end, place) for operator, end, place in ends if end]
            if not parts:
                self._fail(at, "a range needs at least one end, like 2024.. or ..2024")
            return parts[0] if len(parts) == 1 else f"({' and '.join(parts)})"
        if found := _COMPARED.fullmatch(value):
            return self._compared(name, found["operator"], found["value"], at + found.start("value"))
        return self._compared(name, "~" if "." in name else "=", value, at)

    def _compared(self, name: str, operator: str, value: str, at: int) -> str:
        bare = value.strip('"')
        if operator == "~" and name in _ANYWHERE and not set(bare) & set("*?"):
            bare = f"*{bare}*"
        try:
            filters.compare(name, operator, bare)
        except ValueError as error:
            self._fail(at, str(error), value)
        mark = "'" if '"' in bare else '"'
        return f"{name} {operator} {mark}{bare}{mark}"

    def _fail(self, at: int, what: str, shown: str = "") -> NoReturn:
        shown = shown or self.line[at : at + 30]
        raise UserError(f"The query {self.line!r} goes wrong at character {at + 1}, '{shown}': {what}.")
