"""What an object makes when it is first needed, and keeps: `@once` is functools.cached_property with a lock, as that
one had before Python 3.12. Two threads that ask at the same time get the same thing, not one each."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801  it is used like a function
    """What `make` gives for an object, made by the first who asks. It stands in the object's `__dict__` from then on."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, owner: None, kind: type) -> Self: ...

    @overload
    def __get__(self, owner: object, kind: type) -> T: ...

    def __get__(self, owner: object | None, kind: type) -> Self | T:
        if owner is None:
            return self
        made = owner.__dict__
        # A lock for each name: what one part loads for minutes is nothing to those who need another.
        with made.setdefault(f"{self._name} is being made", RLock()):
            if self._name not in made:
                made[self._name] = self._make(owner)
            found: T = made[self._name]
        return found
