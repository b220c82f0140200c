"""One tree of errors. Each says what happened with the value, what is allowed, and what to type.

The class tells who must act: the person at the keyboard (`UserError`), the owner of one file
(`FileError`), or whoever runs a model or server (`ModelError`).
"""

from __future__ import annotations


class TriptychError(Exception):
    """Base of all errors that we raise on purpose. `str(error)` is one line."""


class UserError(TriptychError):
    """The request cannot be carried out as typed: a bad path, an unknown name, a wrong setting."""


class MissingPackage(UserError):
    """A back end was asked for whose Python package is not installed."""


class LibraryError(UserError):
    """The library as a whole cannot be used: locked, of another version, damaged, disk full."""


class Locked(LibraryError):
    """Another process is writing to this library."""


class WrongSpace(LibraryError):
    """The library holds vectors of another encoder than the one it was opened with."""


class Damaged(LibraryError):
    """The files of an index cannot be read. They are moved aside and made again from the catalog."""


class FileError(TriptychError):
    """One file could not be added. The run goes on with the others.

    `code` is a stable name for programs, `reason` one line for people, `hint` what to do.
    """

    def __init__(self, code: str, reason: str, hint: str = "") -> None:
        self.code = code
        self.reason = " ".join(reason.split())[:300]
        self.hint = " ".join(hint.split())[:300]
        super().__init__(f"{self.reason}. {self.hint}".strip() if self.hint else self.reason)

    def __reduce__(self) -> tuple[type[FileError], tuple[str, str, str]]:
        return type(self), (self.code, self.reason, self.hint)

    def to_dict(self) -> dict[str, str]:
        return {"code": self.code, "reason": self.reason, "hint": self.hint}


class ModelError(TriptychError):
    """A model or a model server failed."""


class VlmError(ModelError):
    """A vision-language model gave no whole reply. `code` is a stable name for programs:

    vlm-away, vlm-timeout, vlm-key, vlm-unknown-model, vlm-context, vlm-no-pictures, vlm-busy, vlm-request,
    vlm-server, vlm-stream, vlm-memory, vlm-refused, vlm-empty, vlm-cut, vlm-budget, vlm-stopped.

    `again` is after how many seconds at the least the same call may succeed; None where it will not.
    """

    def __init__(self, code: str, reason: str, again: float | None = None) -> None:
        self.code = code
        self.again = again
        super().__init__(" ".join(reason.split())[:500])

    def to_dict(self) -> dict[str, str]:
        return {"code": self.code, "reason": str(self), "hint": ""}
