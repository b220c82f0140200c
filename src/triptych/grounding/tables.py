"""Tables in a model's answer, though none were asked for: each row into a sentence, for answers are plain text.

| Item | 2022 | 2021 |
|---|---|---|
| Net sales | 34,229 | 32,765 [1] |    ->    Net sales: 2022: 34,229; 2021: 32,765 [1]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?")
_CITED = re.compile(r"\s*([\[【(]\s*\^?\d[^\]】)]*[\]】)])\s*")


@dataclass
class Rows:
    """The lines of one answer, told one after the other."""

    _head: list[str] = field(default_factory=list)

    def sentence(self, line: str) -> str:
        """The line as a sentence: itself outside of tables, "" for the head of one and for rules."""
        bare = line.strip()
        if not bare.startswith("|") or bare.count("|") < 2:
            self._head = []
            return line
        if _RULE.fullmatch(bare):
            return ""
        marks = "".join(_CITED.findall(bare))
        inside, _, behind = bare.lstrip("|").rpartition("|")
        cells = [" ".join(_CITED.sub(" ", cell).split()) for cell in inside.split("|")]
        if not self._head and not marks:
            self._head = cells
            return ""
        cells += [_CITED.sub("", behind).strip()]
        return f"{self._row(cells)} {marks}{line[len(line.rstrip()) :]}"

    def _row(self, cells: list[str]) -> str:
        named = self._head if len(self._head) > 2 else []
        values = [
            f"{named[i]}: {cell}" if i < len(named) and named[i] else cell
            for i, cell in enumerate(cells[1:], 1)
            if cell
        ]
        return ": ".join(filter(None, (cells[0], "; ".join(values))))
