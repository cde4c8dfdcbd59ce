# SPDX-License-Identifier: Apache-2.0
"""What a law is: a named function that looks at the tree and yields what it finds wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tree import Tree

DATA = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        place = f'{self.path}:{self.line}' if self.line else self.path
        return f'{place}: {self.text}'


Look = Callable[[Tree], Iterator[Finding]]


@dataclass(frozen=True)
class Law:
    name: str
    look: Look


LAWS: list[Law] = []


def law(look: Look) -> Look:
    """Registers a law; its name is the function's, with '-' for '_'."""
    LAWS.append(Law(look.__name__.replace('_', '-'), look))
    return look


def rows(name: str) -> Iterator[list[str]]:
    """The rows of a data file of this folder: fields between '|', '#' opens a comment line."""
    for line in (DATA / name).read_text(encoding='utf-8').splitlines():
        if line.strip() and not line.startswith('#'):
            yield [part.strip() for part in line.split('|')]
