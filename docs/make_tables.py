"""Writes the tables of README.md and docs/ that the code knows better: parts, commands, settings, modules.

    python docs/make_tables.py            writes them
    python docs/make_tables.py --check    says which are stale; status 1

A table stands between `<!-- NAME -->` and `<!-- /NAME -->`; everything else in a page is left alone.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path

from triptych import plugins
from triptych.cli import cli
from triptych.settings import keys

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "triptych"
PAGES = ("README.md", "docs/tour.md", "docs/configuration.md", "docs/log.md")

# Which setting chooses a kind of back end, in words.
CHOSEN = {
    "formats": "by content",
    "ocr": "`ocr.engine`, `--ocr`",
    "captioners": "`captioner`, `caption --captioner`",
    "detectors": "`look.detectors`",
    "encoders": "`encoder`, `image_encoder`",
    "rerankers": "`rerank.model`",
    "stores": "`store`",
    "vlms": "`vlm`, `ask --model`",
}

# The house in the order in which work flows through it. A module that is not named here is listed last.
ROOMS = {
    "Values and seams": "types answers reasons errors seams plugins settings values records",
    "The flow": "library parts once results",
    "ingest": "ingest files blobs adding",
    "read": "read pages processes privacy",
    "chunk, view, describe": "chunk making captioning describing",
    "embed": "embed looks pipeline",
    "catalog": "catalog sql upkeep",
    "index": "index projections words",
    "retrieve": "query retrieve",
    "fuse, rerank": "fuse ranking rerank",
    "answer": "asking answer answering grounding dialogue",
    "show": "display",
    "measure": "evaluate evaluation",
    "real models": "hub neural training",
    "talk": "cli doctor",
    "serve": "server keys journal querylog retrievers",
    "for authors and proofs": "conformance faults",
}


def parts() -> str:
    """Kinds of back ends, the ones there are, and what chooses between them."""
    rows = ["| part | back ends | chosen by |", "|---|---|---|"]
    for kind in plugins.kinds():
        ours = ", ".join(
            f"`{name}`" for name in plugins.names(kind) if (SOURCE / kind / f"{name}.py").exists()
        )
        rows.append(f"| [{kind}](src/triptych/{kind}) | {ours} | {CHOSEN.get(kind, '')} |")
    return "\n".join(rows)


def commands() -> str:
    """The commands with the first sentence of their help."""
    rows = ["| command | does |", "|---|---|"]
    for name, command in cli.commands.items():
        usage = " ".join(_arguments(command.params))
        sentence = (command.help or "").split("\n\n")[0].replace("\n", " ").strip()
        rows.append(f"| `{f'{name} {usage}'.strip()}` | {sentence} |")
    return "\n".join(rows)


def _arguments(params: list[object]) -> list[str]:
    import click

    found = [p for p in params if isinstance(p, click.Argument)]
    return [p.make_metavar(click.Context(click.Command(""))) for p in found]


def configuration() -> str:
    """Every setting with its default and the comment that stands beside it in settings.py."""
    notes = _comments((SOURCE / "settings.py").read_text("utf-8"))
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for key, value in keys():
        rows.append(f"| `{key}` | `{json.dumps(value)}` | {notes.get(key, '')} |")
    return "\n".join(rows)


def _comments(source: str) -> dict[str, str]:
    """Dotted key -> trailing comment, from the dataclasses of settings.py."""
    lines = source.splitlines()
    classes = {n.name: n for n in ast.parse(source).body if isinstance(n, ast.ClassDef)}
    found: dict[str, str] = {}

    def walk(name: str, prefix: str) -> None:
        for field in classes[name].body:
            if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
                continue
            inner = ast.unparse(field.annotation)
            if inner in classes:
                walk(inner, f"{prefix}{field.target.id}.")
            elif "  # " in (line := lines[field.lineno - 1]):
                found[prefix + field.target.id] = line.split("  # ", 1)[1].replace("|", "\\|")

    walk("Settings", "")
    return found


def modules() -> str:
    """Every module, and every package that is no kind of back end, with its docstring's first sentence."""
    packages = {p.parent.name for p in SOURCE.glob("*/__init__.py")} - set(plugins.kinds())
    there = {p.stem for p in SOURCE.glob("*.py") if not p.stem.startswith("_")} | packages
    rooms = {room: [m for m in names.split() if m in there] for room, names in ROOMS.items()}
    rest = sorted(there - {m for names in rooms.values() for m in names})
    rows = ["| room | module | what it does |", "|---|---|---|"]
    for room, names in {**rooms, "further": rest}.items():
        for i, name in enumerate(names):
            place, doc = (name, f"{name}/__init__.py") if name in packages else (f"{name}.py", f"{name}.py")
            inside = f" {_inside(name)}" if name in packages else ""
            sentence = _sentence(SOURCE / doc) + inside
            rows.append(f"| {'' if i else room} | [`{name}`](../src/triptych/{place}) | {sentence} |")
    return "\n".join(rows)


def _inside(package: str) -> str:
    """Links to the modules of a package."""
    found = sorted(p.stem for p in (SOURCE / package).glob("*.py") if not p.stem.startswith("_"))
    return ", ".join(f"[{name}](../src/triptych/{package}/{name}.py)" for name in found)


def benchmarks() -> str:
    """Every script of bench/ with the first sentence of its docstring."""
    scripts = [p for p in sorted((ROOT / "bench").glob("*.py")) if "__main__" in p.read_text("utf-8")]
    rows = [f"| `python bench/{p.name}` | {_sentence(p)} |" for p in scripts]
    return "\n".join(["| command | prints |", "|---|---|", *rows])


def _sentence(path: Path) -> str:
    doc = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    paragraph = doc.split("\n\n")[0].replace("\n", " ")
    return re.split(r"(?<=[.!?]) ", paragraph)[0].replace("|", "\\|")


def log() -> str:
    """Every page of docs/log with its heading."""
    rows = []
    for path in sorted((ROOT / "docs" / "log").glob("*.md")):
        heading = next(
            (line[2:] for line in path.read_text("utf-8").splitlines() if line[:2] == "# "), path.stem
        )
        rows.append(f"- [{heading}](log/{path.name})")
    return "\n".join(rows)


TABLES = {
    "parts": parts,
    "commands": commands,
    "configuration": configuration,
    "modules": modules,
    "benchmarks": benchmarks,
    "log": log,
}


def filled(text: str) -> str:
    """`text` with every table between its marks made anew."""
    for name, make in TABLES.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        if start in text:
            head, rest = text.split(start, 1)
            text = f"{head}{start}\n{make()}\n{end}{rest.split(end, 1)[1]}"
    return text


def main(check: bool) -> int:
    """Write, or with `check` only compare; returns the exit status."""
    stale = [page for page in PAGES if filled(text := (ROOT / page).read_text("utf-8")) != text]
    for page in stale:
        if check:
            print(f"{page} is stale. Type: python docs/make_tables.py")
        else:
            (ROOT / page).write_text(filled((ROOT / page).read_text("utf-8")), "utf-8")
            print(f"wrote {page}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
