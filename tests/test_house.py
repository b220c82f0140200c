"""The house rules, checked: layers, size, weight, and documents that cannot go stale."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import triptych
from triptych import plugins
from triptych.cli import cli

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "triptych"
MODULES = sorted(SOURCE.rglob("*.py"))

# Lower layers never import upper ones. What is not named is a step, between the plug-ins and the library.
LAYERS = {
    "types": 0, "answers": 0, "reasons": 0, "errors": 0, "values": 0,
    "settings": 1, "seams": 1,
    "privacy": 1, "plugins": 2, "results": 2, "records": 2,
    "library": 4,
    "evaluate": 5, "training": 5, "evaluation": 5, "doctor": 5, "console": 5, "testing": 5,
    "server": 5, "retrievers": 5,
    "cli": 6,
    "__main__": 7,
}  # fmt: skip
STEP = 3
# What back ends may know of the rest: values, errors, seams, settings and pure helpers.
BACK_ENDS_MAY = {
    "types",
    "errors",
    "seams",
    "settings",
    "values",
    "plugins",
    "faults",
    "files",
    "hub.model_files",
    "neural.batches",
    "neural.openvino_cpu",
    "pages.orientation",
    "dialogue.replies",
    "dialogue.control_tokens",
    "vlms._special",
}
# A detector reads key fields with the rules that the answerer reads with, or the two would disagree.
BACK_ENDS_OF = {"detectors": {"answering"}}


def name_of(path: Path) -> str:
    """`cli`, `ocr.rapidocr`, `ocr`: the module's name inside the package."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imports(node: ast.AST, *, typing: bool = True, inner: bool = True) -> Iterator[str]:
    """Dotted names that a module imports: under `if TYPE_CHECKING` and inside functions, if wanted."""
    for child in ast.iter_child_nodes(node):
        only_typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif (typing or not only_typing) and (inner or not function):
            yield from imports(child, typing=typing, inner=inner)


def ours(dotted: str) -> str | None:
    """`triptych.types.Box` -> `types`; None for other packages."""
    parts = dotted.split(".")
    if parts[0] != "triptych" or len(parts) == 1:
        return None
    for length in range(len(parts), 1, -1):
        path = SOURCE.joinpath(*parts[1:length])
        if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file():
            return ".".join(parts[1:length])
    return None


def layer(module: str) -> int:
    return LAYERS.get(module.split(".")[0], STEP)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_layers_point_down(path: Path) -> None:
    module = name_of(path)
    if not module or module in plugins.kinds():
        return
    room = module.split(".")[0]
    kind = room if room in plugins.kinds() else None
    for dotted in imports(tree(path), typing=False):
        target = ours(dotted)
        if target is None:
            continue
        if kind:
            allowed = target in BACK_ENDS_MAY or target.split(".")[0] in {kind, *BACK_ENDS_OF.get(kind, ())}
            assert allowed, f"the back end {module} imports {target}"
        assert layer(target) <= layer(module), f"{module} imports {target}, which stands above it"


def test_no_module_imports_itself_round_a_corner() -> None:
    graph = {
        name_of(p): {t for d in imports(tree(p), typing=False, inner=False) if (t := ours(d))} - {name_of(p)}
        for p in MODULES
    }
    list(TopologicalSorter(graph).static_order())  # raises CycleError, naming the circle


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_are_small_and_say_what_they_are(path: Path) -> None:
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= 400, f"{path.name} is longer than 400 lines"
    assert ast.get_docstring(ast.parse(source)), f"{path.name} has no docstring"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_pickled_and_nothing_printed(path: Path) -> None:
    module, names = name_of(path), set(imports(tree(path)))
    roots = {n.split(".")[0] for n in names}
    assert not roots & {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    assert "multiprocessing" not in roots, "its pools and queues pickle"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            assert call != "print" or module == "cli", f"{module} prints in line {node.lineno}"
            allowed = not any(
                k.arg == "allow_pickle" and ast.unparse(k.value) != "False" for k in node.keywords
            )
            assert allowed, f"{module} allows pickle in line {node.lineno}"


HEAVY = ("numpy", "PIL", "faiss", "cv2", "openvino", "onnxruntime", "tantivy", "tokenizers", "rapidocr", "pypdfium2",
         "sqlalchemy", "fsspec", "torch", "fastapi", "uvicorn", "mcp", "pydantic")  # fmt: skip


@pytest.mark.parametrize(
    "statement", ["import triptych", "import triptych.cli", "import triptych.plugins as p; p.names('ocr')"]
)
def test_importing_is_light(statement: str) -> None:
    code = f"import sys; {statement}; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_heavy_packages_are_imported_by_back_ends_and_never_by_the_flow() -> None:
    vendors = {
        "faiss",
        "cv2",
        "openvino",
        "onnxruntime",
        "tokenizers",
        "rapidocr",
        "pypdfium2",
        "tesserocr",
        "torch",
    }
    theirs = {*plugins.kinds(), "neural", "training", "conformance"}
    for path in MODULES:
        if name_of(path).split(".")[0] not in theirs:
            found = {n.split(".")[0] for n in imports(tree(path))} & vendors
            assert not found, f"{name_of(path)} imports {found}: that belongs into a back end"


# ------------------------------------------------------------------------------------- documents


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.S | re.M)


def test_tables_of_the_documents_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "make_tables.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_names_only_commands_and_options_that_exist() -> None:
    typed = [
        line.split("#")[0].split()
        for page in ("README.md", "CONTRIBUTING.md", "docs/tour.md", "samples/README.md")
        for line in re.findall(r"(?:^|`)(triptych [a-z][^`\n]*)", (ROOT / page).read_text("utf-8"), re.M)
    ]
    assert len(typed) >= 6
    for _, command, *rest in typed:
        assert command in cli.commands, f"there is no command {command}"
        known = {option for parameter in cli.commands[command].params for option in parameter.opts}
        for word in rest:
            assert not word.startswith("--") or word in known | {"--help"}, (
                f"triptych {command} has no {word}"
            )


def test_the_readme_names_only_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for page in ("README.md", "CONTRIBUTING.md", "samples/README.md"):
        text = (ROOT / page).read_text("utf-8")
        assert {
            t for pair in re.findall(r"^make ([a-z]+)|`make ([a-z]+)`", text, re.M) for t in pair if t
        } <= targets


def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scans").mkdir()
    for name in ("invoice-1042.pdf", "invoice-1043.pdf", "kitchen-notes.md"):
        shutil.copy(ROOT / "samples" / "files" / name, tmp_path / "scans")
    monkeypatch.chdir(tmp_path)
    [code] = blocks("README.md", "python")
    seen: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), seen)
    hits, answer = seen["hits"], seen["answer"]
    assert hits[0].source.endswith("invoice-1042.pdf")  # type: ignore[index]
    assert "129.50" in answer.text and answer.citations[0].boxes  # type: ignore[attr-defined]
    assert (tmp_path / "answer.png").stat().st_size > 10_000


VENDOR = """
from types import SimpleNamespace as Found
__version__ = "1.0"
class Model:
    def __init__(self, language): pass
    def run(self, image):
        h, w = image.shape[:2]
        return [Found(words=[Found(text="HI", left=0, top=0, right=w // 2, bottom=h, score=0.9)])]
"""


def test_the_worked_example_of_the_tour_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as it stands in the page, with a vendor's package made for the purpose."""
    import numpy as np

    (tmp_path / "blocky.py").write_text(VENDOR, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    [code] = blocks("docs/tour.md", "python")
    seen: dict[str, object] = {}
    exec(compile(code, "docs/tour.md", "exec"), seen)
    engine = seen["load"](language="de")  # type: ignore[operator]
    [line] = engine.read(np.zeros((10, 20, 3), np.uint8))
    assert (engine.name, line.text, line.box) == ("blocky-1.0-de", "HI", (0.0, 0.0, 0.5, 1.0))


def test_every_link_in_the_documents_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("samples/*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert versions[0] == triptych.__version__


def test_decisions_are_numbered_and_short() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [p.name[:4] for p in pages] == [f"{i:04}" for i in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text("utf-8")
        assert len(text.splitlines()) <= 45, f"{page.name}: half a page"
        assert all(f"**{part}" in text for part in ("Context", "Choice", "What would change our mind")), (
            page.name
        )


def tracked() -> list[Path]:
    """Text files that are part of the repository; all files where there is no git."""
    git = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = git.stdout.split("\0") if git.returncode == 0 else []
    found = [ROOT / n for n in names if n] or [p for p in ROOT.rglob("*") if ".venv" not in p.parts]
    suffixes = {".py", ".md", ".toml", ".txt", ".json", ".jsonl", ".tsv", ".csv", ".cfg", ".yml", ".sh", ""}
    return [p for p in found if p.is_file() and p.suffix in suffixes and p.stat().st_size < 1_000_000]


# Written in pieces, or this file would be the first to be found.
FORBIDDEN = re.compile(
    "|".join((r"(?<![\w.])/" + "work/", r"/" + "tmp/lab", "shared/" + "(?:notes|seed|hooks)", "/" + "root/",
              r"py" + "pi-more", r"/home/[a-z]+/"))
)  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="paths of POSIX")
def test_no_file_speaks_of_the_machine_that_made_it() -> None:
    for path in tracked():
        text = path.read_text("utf-8", errors="ignore")
        found = FORBIDDEN.search(text)
        line = text[: found.start()].count("\n") + 1 if found else 0
        allowed = path.name == ".gitignore"
        assert allowed or not found, f"{path.relative_to(ROOT)}:{line} names {found and found.group()!r}"
