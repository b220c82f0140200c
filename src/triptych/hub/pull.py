"""Fetching a model: the only module that downloads, and only when told to.

A model arrives in a folder of its own, is compared with the hashes that the hub gives, gets its manifest,
and is moved to its place in one step: a pull that was interrupted leaves no model, and the next one goes on
where it stopped.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType
from typing import Any

import huggingface_hub
from huggingface_hub import errors as hub_errors
from huggingface_hub.utils import disable_progress_bars, httpx  # type: ignore[attr-defined]
from huggingface_hub.utils import logging as hub_logging

from triptych import plugins
from triptych.errors import ModelError, TriptychError, UserError
from triptych.hub import model_files
from triptych.hub.model_files import KNOWN, MANIFEST, Source, partial, pretty
from triptych.seams import Progress

_KINDS = ("encoders", "captioners", "rerankers", "vlms", "detectors", "ocr")
_SPARE = 100_000_000  # bytes that a pull leaves free on the disk
# Weights for other programs than ours. Where safetensors are there, the pickled ones are not fetched.
_FOREIGN = ("*.h5", "*.msgpack", "*.onnx", "*.onnx_data", "*.ot", "*.tflite", "*.mlmodel", "*.gguf", "*.npz", "*.xml",
            "onnx/*", "openvino/*", ".gitattributes", "*.png", "*.jpg", "*.jpeg", "*.gif", "runs/*")  # fmt: skip
_PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a repository. `sha256` is "" for small ones, which have git's `blob` SHA-1 instead."""

    name: str
    bytes: int
    sha256: str = ""
    blob: str = ""

    def fits(self, path: Path) -> bool:
        """Whether `path` holds this file's bytes."""
        if not path.is_file() or path.stat().st_size != self.bytes:
            return False
        if self.sha256:
            return model_files.sha256(path) == self.sha256
        content = path.read_bytes()
        header = f"blob {len(content)}\0".encode()
        found = hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
        return not self.blob or found == self.blob


@dataclass(frozen=True, slots=True)
class Part:
    """What is wanted of one repository, at one commit."""

    source: Source
    revision: str
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pull will fetch: told before the first byte."""

    spec: str
    parts: tuple[Part, ...]

    @property
    def bytes(self) -> int:
        return sum(file.bytes for part in self.parts for file in part.files)

    @property
    def revision(self) -> str:
        return self.parts[0].revision

    def to_dict(self) -> dict[str, Any]:
        return {
            "event": "plan",
            "spec": self.spec,
            "bytes": self.bytes,
            "files": sum(len(part.files) for part in self.parts),
            "repositories": [part.source.repo for part in self.parts],
            "folder": str(model_files.place(self.spec)),
        }


def plan(spec: str) -> Plan:
    """Ask the hub what `spec` consists of. Raises UserError for a name that nobody knows, ModelError without
    network."""
    model_files.place(spec)  # an empty or odd name is refused before anything is asked
    return Plan(spec, tuple(_part(source, spec) for source in _sources(spec)))


def _sources(spec: str) -> Sequence[Source]:
    """What the first back end of that name that knows the model says of it. Raises as that which comes first:
    one library's encoders and rerankers are known to different files."""
    name, argument = plugins.split(spec)
    refused: UserError | None = None
    for module in _backends(name):
        try:
            found: Sequence[Source] = module.sources(argument)
        except UserError as error:
            refused = refused or error
        else:
            return found
    raise refused or _unknown(name)


def _backends(name: str) -> Iterator[ModuleType]:
    """The modules of back ends of that name which say what their models consist of."""
    for kind in (k for k in _KINDS if k in plugins.kinds()):
        if name in plugins.names(kind):
            module = plugins.module(kind, name)
            if hasattr(module, "sources"):
                yield module


def _unknown(name: str) -> UserError:
    return UserError(
        f"There is no back end '{name}' with models to pull. Write back end and model, as in '{KNOWN[0].spec}'; "
        "more are listed by: triptych models list"
    )


def _part(source: Source, spec: str) -> Part:
    with _asking(source.repo, spec):
        info = huggingface_hub.HfApi(endpoint=_endpoint()).model_info(
            source.repo, files_metadata=True, timeout=20
        )
    files = [
        File(
            sibling.rfilename,
            int(sibling.size or 0),
            str(sibling.lfs["sha256"]) if sibling.lfs else "",
            str(sibling.blob_id or "") if not sibling.lfs else "",
        )
        for sibling in info.siblings or ()
    ]
    wanted = _wanted([file for file in files if _inside(file.name)], source.patterns)
    if not wanted:
        raise ModelError(f"The repository '{source.repo}' holds no file that '{spec}' needs.")
    return Part(source, str(info.sha), wanted)


def _inside(name: str) -> bool:
    """Whether a file of a repository stays in the model's folder."""
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


def _wanted(files: Sequence[File], patterns: Sequence[str]) -> tuple[File, ...]:
    """The files a back end asked for, else all but those for other programs; safetensors before pickles."""
    if patterns:
        return tuple(file for file in files if any(fnmatch(file.name, pattern) for pattern in patterns))
    ours = [file for file in files if not any(fnmatch(file.name, pattern) for pattern in _FOREIGN)]
    if any(file.name.endswith(".safetensors") for file in ours):
        ours = [file for file in ours if not any(fnmatch(file.name, pattern) for pattern in _PICKLED)]
    return tuple(ours)


def pull(plan: Plan, progress: Progress) -> str:
    """Fetch what `plan` says, where it is not here yet: 'unchanged' or 'pulled'. Raises ModelError when the
    disk is full, the network is lost, or what arrives is not what the hub has."""
    folder, begun = model_files.place(plan.spec), partial(plan.spec)
    if _is_whole(folder, plan.revision):
        return "unchanged"
    begun.mkdir(parents=True, exist_ok=True)
    missing = [
        (part, file) for part in plan.parts for file in part.files if not _reused(part, file, folder, begun)
    ]
    _require_room(plan.spec, sum(file.bytes for _, file in missing))
    disable_progress_bars()  # ours is drawn on terminals only
    hub_logging.set_verbosity(logging.ERROR)
    with _watched(begun, plan, progress):
        for part, file in missing:
            _download(plan.spec, part, file, begun / part.source.folder)
    _settle(plan.spec, folder, begun, ", ".join(part.source.repo for part in plan.parts), plan.revision)
    return "pulled"


def _is_whole(folder: Path, revision: str) -> bool:
    if not (folder / MANIFEST).is_file():
        return False
    try:
        return bool(model_files.read(folder)["revision"] == revision and not model_files.differences(folder))
    except ModelError:
        return False


def _reused(part: Part, file: File, folder: Path, begun: Path) -> bool:
    """Whether an earlier pull left this file whole; one in the model's own folder is linked, not copied."""
    name = Path(part.source.folder) / file.name
    if file.fits(begun / name):
        return True
    if not file.fits(folder / name):
        return False
    (begun / name).parent.mkdir(parents=True, exist_ok=True)
    (begun / name).unlink(missing_ok=True)
    os.link(folder / name, begun / name)
    return True


def _require_room(spec: str, size: int) -> None:
    free = shutil.disk_usage(model_files.home()).free
    if size + _SPARE > free:
        raise ModelError(
            f"There is no room for '{spec}': it takes {pretty(size)}, and {pretty(free)} are free in "
            f"{model_files.home()}. Free some space, or set TRIPTYCH_MODELS to a folder on another disk."
        )


def _download(spec: str, part: Part, file: File, into: Path) -> None:
    with _asking(part.source.repo, spec):
        huggingface_hub.hf_hub_download(
            part.source.repo, file.name, revision=part.revision, local_dir=into, endpoint=_endpoint()
        )
    if not file.fits(into / file.name):
        (into / file.name).unlink(missing_ok=True)
        raise ModelError(
            f"'{file.name}' of '{spec}' did not arrive as the hub has it (another hash), and was thrown away. "
            f"Type again: triptych models pull {spec}"
        )


def _settle(spec: str, folder: Path, begun: Path, source: str, revision: str) -> None:
    """Give the arrived files a manifest and move them to their place in one step."""
    for hidden in begun.rglob(".cache"):
        shutil.rmtree(hidden)
    model_files.write(begun, spec, source=source, revision=revision)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        shutil.rmtree(folder)
    begun.rename(folder)
    model_files.forget(folder)


def copy(spec: str, origin: Path, progress: Progress) -> str:
    """Take the model from a folder, as for a machine without network: 'pulled'. Raises UserError when it is
    no folder, ModelError when its manifest says that it is damaged."""
    if not origin.is_dir():
        raise UserError(f"'{origin}' is no folder. Give the model's folder: --from FOLDER")
    if next(_backends(plugins.split(spec)[0]), None) is None:
        raise _unknown(plugins.split(spec)[0])
    manifest = {}
    if (origin / MANIFEST).is_file():
        manifest = model_files.read(origin)
        if wrong := model_files.differences(origin):
            raise ModelError(f"The model in {origin} is damaged and not taken: {wrong[0]}. Copy it anew.")
    files = list(model_files.files(origin))
    folder, begun = model_files.place(spec), partial(spec)
    begun.mkdir(parents=True, exist_ok=True)
    total, done = sum(path.stat().st_size for path in files), 0
    _require_room(spec, total)
    for path in files:
        target = begun / path.relative_to(origin)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        done += path.stat().st_size
        progress(done, total, spec)
    revision = str(manifest.get("revision") or model_files.fingerprint(begun))
    _settle(spec, folder, begun, str(manifest.get("source") or origin.name), revision)
    return "pulled"


@contextmanager
def _watched(folder: Path, plan: Plan, progress: Progress) -> Iterator[None]:
    """Tell `progress` four times a second how much of the plan is on the disk."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.25):
            progress(min(_arrived(folder), plan.bytes), plan.bytes, plan.spec)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    progress(plan.bytes, plan.bytes, plan.spec)


def _arrived(folder: Path) -> int:
    """As `_size`, of a folder in which files come and go."""
    size = 0
    for path in folder.rglob("*"):
        try:
            size += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return size


@contextmanager
def _asking(repo: str, spec: str) -> Iterator[None]:
    """What the hub or the network refuses, as one sentence with the command that helps."""
    try:
        yield
    except hub_errors.GatedRepoError as error:
        raise ModelError(
            f"The model '{repo}' asks for consent to its licence: give it on https://huggingface.co/{repo}, set "
            f"HF_TOKEN, and type again: triptych models pull {spec}"
        ) from error
    except (hub_errors.RepositoryNotFoundError, hub_errors.HFValidationError) as error:
        raise UserError(
            f"The model hub has no public model '{repo}'. Check the name, or for a private one set HF_TOKEN."
        ) from error
    except TriptychError:
        raise
    except hub_errors.HfHubHTTPError as error:
        raise ModelError(f"The model hub refused '{repo}': {_line(error)}. Try again later.") from error
    except (OSError, httpx.TransportError) as error:
        if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
            raise  # of our own disk, not of the network
        where = (_endpoint() or "https://huggingface.co").partition("://")[2]
        raise ModelError(
            f"The model hub {where} cannot be reached ({_line(error)}). On a machine with network type 'triptych "
            f"models pull {spec}', bring its folder here, and type: triptych models pull {spec} --from FOLDER"
        ) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
