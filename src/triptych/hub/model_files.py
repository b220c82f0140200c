"""Where models lie on this machine, and whether their files are whole.

A model is a folder. It is looked for in three places: the folder that was named; what `triptych models pull`
made below `home()`; the cache of the model hub, where other programs may have put it. Nothing is downloaded
here. A pulled folder holds a manifest with the SHA-256 of every file; files in the hub's cache are named by
their hash. Hashes are compared when a model is used for the first time and when a file has another size or
time than then; so a half-downloaded or damaged model is found, and never used.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from triptych.errors import ModelError, UserError

MANIFEST = "TRIPTYCH-MANIFEST.json"
_BLOCK = 1 << 20
_SMALL = 1 << 20  # of larger files the last part stands for the whole in `fingerprint`


class Source(NamedTuple):
    """A repository of the model hub that a model is made of, and which of its files are wanted."""

    repo: str
    folder: str = ""  # inside the model's folder; "" where there is only one
    patterns: tuple[str, ...] = ()  # of wanted files; () leaves the choice to `models`


class Known(NamedTuple):
    """A model worth naming: size on disk when pulled, licence, and what it is good for."""

    kind: str
    spec: str
    bytes: int
    licence: str
    note: str
    repos: tuple[str, ...]  # of the model hub


# Published recall of photos by English captions (Crossmodal-3600, mean of R@1, 5 and 10) where known.
KNOWN = (
    Known("encoders", "open_clip:ViT-B-32/laion2b_s34b_b79k", 605_000_000, "MIT",
          "recommended: recall 68.8 at the cost of clip-ViT-B-32",
          ("laion/CLIP-ViT-B-32-laion2B-s34B-b79K",)),
    Known("encoders", "open_clip:ViT-B-32-SigLIP2-256/webli", 1_510_000_000, "Apache-2.0",
          "best for its time: recall 73.2, many languages, 1.5 times the time",
          ("timm/ViT-B-32-SigLIP2-256",)),
    Known("encoders", "sentence_transformers:clip-ViT-B-32", 605_000_000, "MIT",
          "the classic: recall 59.4",
          ("sentence-transformers/clip-ViT-B-32",)),
    Known("encoders", "fastembed:Qdrant/clip-ViT-B-32", 590_000_000, "MIT",
          "the classic without torch: recall 59.4",
          ("Qdrant/clip-ViT-B-32-vision", "Qdrant/clip-ViT-B-32-text")),
    Known("encoders", "fastembed:google/siglip2-base-patch16-224", 1_500_000_000, "Apache-2.0",
          "without torch, many languages: recall about 75, 2.6 times the time",
          ("onnx-community/siglip2-base-patch16-224-ONNX",)),
    Known("encoders", "layout:SCUT-DLVCLab/lilt-roberta-en-base", 520_000_000, "MIT",
          "words with boxes; to be fine-tuned before use",
          ("SCUT-DLVCLab/lilt-roberta-en-base",)),
    Known("captioners", "blip:Salesforce/blip-image-captioning-base", 990_000_000, "BSD-3-Clause",
          "captions of photos, English",
          ("Salesforce/blip-image-captioning-base",)),
)  # fmt: skip


def known(spec: str) -> Known | None:
    return next((model for model in KNOWN if model.spec == spec), None)


def home() -> Path:
    """Where pulled models are kept: $TRIPTYCH_MODELS, else a folder of the user's cache."""
    if named := os.environ.get("TRIPTYCH_MODELS"):
        return Path(named).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "triptych" / "models"


def place(spec: str) -> Path:
    """The folder of a pulled model: one level below its back end, `/` in its name written as `--`."""
    backend, _, argument = spec.partition(":")
    name = argument.replace("/", "--")
    if not name or name in (".", "..") or "\\" in name or "\0" in name:
        raise UserError(f"'{spec}' names no model. Write back end and model, as in '{KNOWN[0].spec}'.")
    return home() / backend / name


def spec_of(folder: Path) -> str:
    """The name of the model that `place` put into `folder`."""
    return f"{folder.parent.name}:{folder.name.replace('--', '/')}"


def partial(spec: str) -> Path:
    """Where a model is while it arrives: never looked at by `find`."""
    folder = place(spec)
    return home() / ".partial" / f"{folder.parent.name}--{folder.name}"


def spec_of_partial(folder: Path) -> str:
    """The name of the model that arrives in `folder`, the other way round than `partial`."""
    backend, _, name = folder.name.partition("--")
    return f"{backend}:{name.replace('--', '/')}"


def pretty(size: int) -> str:
    """605000000 -> '605 MB'."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            digits = 1 if size < 10 * factor else 0
            return f"{size / factor:.{digits}f} {unit}"
    return f"{size} bytes"


# --------------------------------------------------------------------------- finding


def find(spec: str, sources: Sequence[Source]) -> list[Path]:
    """The folders of a model's sources, whole: what was pulled, else what lies in the hub's cache.

    Raises UserError with the command to type when the model is not here, ModelError when it is damaged.
    """
    folder = place(spec)
    if (folder / MANIFEST).is_file():
        trust(folder)
        return [folder / source.folder for source in sources]
    found = [cached(source.repo) for source in sources]
    if any(path is None for path in found):
        raise UserError(absent(spec))
    paths = [path for path in found if path is not None]
    for path in paths:
        trust_cached(path, spec)
    return paths


def locate(backend: str, argument: str, sources: Callable[[str], Sequence[Source]]) -> tuple[Path, str]:
    """The folder of a model that has one source, whole, and its `name/revision`. `argument` is a folder or a
    name; a folder wins. Raises as `find`."""
    folder = Path(argument).expanduser()
    if not folder.is_dir():
        [folder] = find(f"{backend}:{argument}", sources(argument))
        return folder, f"{argument}/{revision(folder)}"
    if (folder / MANIFEST).is_file():
        trust(folder)
    return folder, f"{folder.absolute().name}/{revision(folder)}"


def absent(spec: str) -> str:
    """One line for a model that is not on this machine."""
    model = known(spec)
    size = f" ({pretty(model.bytes)})" if model else ""
    return (
        f"The model '{spec}'{size} is neither a folder nor on this machine, and nothing is downloaded unasked. "
        f"Fetch it once: triptych models pull {spec}"
    )


def caches() -> list[Path]:
    """Folders in which the model hub's own tools keep models."""
    user = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    hub = Path(os.environ.get("HF_HOME") or user / "huggingface").expanduser() / "hub"
    named = [
        os.environ.get(key) for key in ("HF_HUB_CACHE", "SENTENCE_TRANSFORMERS_HOME", "FASTEMBED_CACHE_PATH")
    ]
    places = [*(Path(name).expanduser() for name in named if name), hub]
    return list(dict.fromkeys(places))


def cached(repo: str) -> Path | None:
    """The snapshot of `repo` that the hub's tools last used, where there is one."""
    for cache in caches():
        entry = cache / f"models--{repo.replace('/', '--')}"
        main = entry / "refs" / "main"
        if main.is_file() and (entry / "snapshots" / main.read_text().strip()).is_dir():
            return entry / "snapshots" / main.read_text().strip()
    return None


def revision(folder: Path) -> str:
    """What tells versions of a model apart: the hub's commit, else a hash of the folder's files."""
    manifest = _nearest_manifest(folder)
    if manifest and manifest.get("revision"):
        return str(manifest["revision"])[:12]
    if folder.parent.name == "snapshots":
        return folder.name[:12]
    return fingerprint(folder)


def _nearest_manifest(folder: Path) -> dict[str, Any] | None:
    for place in (folder, folder.parent):
        if (place / MANIFEST).is_file():
            return read(place)
    return None


def fingerprint(folder: Path) -> str:
    """Changes when a file of the model changes: names, sizes, and contents or the last MiB of each."""
    digest = hashlib.sha256()
    for path in files(folder):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder)}\0{size}\0".encode())
        with path.open("rb") as file:
            file.seek(max(0, size - _SMALL))
            digest.update(file.read())
    return digest.hexdigest()[:12]


def files(folder: Path) -> Iterator[Path]:
    """The model's files, sorted; hidden ones and the manifest are not part of it."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path.name != MANIFEST:
            yield path


# --------------------------------------------------------------------------- trusting


def read(folder: Path) -> dict[str, Any]:
    """The manifest: spec, source, revision, `files` {name: {"bytes": n, "sha256": hex}}."""
    try:
        manifest = dict(json.loads((folder / MANIFEST).read_text("utf-8")))
        manifest["files"] = {str(k): dict(v) for k, v in manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"The manifest of the model in {folder} cannot be read ({error}). {_again(folder)}"
        ) from error
    return manifest


def write(folder: Path, spec: str, *, source: str = "", revision: str = "") -> dict[str, Any]:
    """Hash every file of `folder` and write its manifest, which is returned."""
    found = {
        str(p.relative_to(folder)): {"bytes": p.stat().st_size, "sha256": sha256(p)} for p in files(folder)
    }
    manifest = {"spec": spec, "source": source, "revision": revision, "files": found}
    temporary = folder / f".{MANIFEST}"
    temporary.write_text(json.dumps(manifest, indent=1, sort_keys=True), "utf-8")
    temporary.replace(folder / MANIFEST)
    return manifest


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def differences(folder: Path) -> list[str]:
    """One line for each file of a pulled model whose bytes differ from the manifest; hashes everything."""
    wrong = []
    for name, expected in read(folder)["files"].items():
        path = folder / name
        if not path.is_file():
            wrong.append(f"{name}: missing")
        elif path.stat().st_size != expected["bytes"]:
            wrong.append(f"{name}: {path.stat().st_size} bytes instead of {expected['bytes']}")
        elif (found := sha256(path)) != expected["sha256"]:
            wrong.append(f"{name}: sha256 {found[:12]} instead of {expected['sha256'][:12]}")
    return wrong


def trust(folder: Path) -> None:
    """Raises ModelError when a file of a pulled model differs from the manifest; cheap from the second time on."""
    if _seen(folder):
        return
    if wrong := differences(folder):
        raise ModelError(f"The model in {folder} is damaged and not used: {wrong[0]}. {_again(folder)}")
    _remember(folder)


def trust_cached(snapshot: Path, spec: str) -> None:
    """As `trust`, for a snapshot in the hub's cache, whose files are links to files named by their hash."""
    if _seen(snapshot):
        return
    for path in snapshot.rglob("*"):
        if path.is_symlink() and not _named_by_hash(path):
            raise ModelError(
                f"The file {path.name} of the cached model '{spec}' is damaged and not used. "
                f"Type: triptych models pull {spec}"
            )
    _remember(snapshot)


def _named_by_hash(link: Path) -> bool:
    """Whether a file holds what its name in the hub's cache says: SHA-256, or the SHA-1 that git gives."""
    expected = link.readlink().name
    if not link.is_file():
        return False
    if len(expected) == 64:
        return sha256(link) == expected
    if len(expected) == 40:
        content = link.read_bytes()
        header = f"blob {len(content)}\0".encode()
        return hashlib.sha1(header + content, usedforsecurity=False).hexdigest() == expected
    return True  # another naming than the hub's: nothing to compare with


def _again(folder: Path) -> str:
    return (
        f"Type: triptych models pull {spec_of(folder)}" if folder.parent.parent == home() else "Copy it anew."
    )


def _stamp(folder: Path) -> Path:
    """Where it is noted that a folder's hashes were right: beside all models, as theirs may be read-only."""
    return home() / ".trusted" / f"{hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:24]}.json"


def _state(folder: Path) -> dict[str, list[int]]:
    return {
        str(p.relative_to(folder)): [p.stat().st_size, p.stat().st_mtime_ns]
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def _seen(folder: Path) -> bool:
    """Whether no file has another size or time than when its hash was right."""
    try:
        return bool(json.loads(_stamp(folder).read_text("utf-8")) == _state(folder))
    except (OSError, ValueError):
        return False


def _remember(folder: Path) -> None:
    stamp = _stamp(folder)
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        temporary = stamp.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(_state(folder)), "utf-8")
        temporary.replace(stamp)
    except OSError:  # a read-only home: the next start hashes again, which is slower and no less sure
        return


def forget(folder: Path) -> None:
    """Hash the model anew when it is next used."""
    _stamp(folder).unlink(missing_ok=True)
