# SPDX-License-Identifier: Apache-2.0
"""The source tree as data: its files, their tokens, their includes and their functions."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

TOKEN = re.compile(r'''
      (?P<comment>/\*.*?\*/|//[^\n]*)
    | (?P<directive>^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*)
    | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>\.?[0-9](?:[eEpP][+-]|[A-Za-z0-9_.])*)
    | (?P<mark>->|\.\.\.|[^\s])
    ''', re.VERBOSE | re.DOTALL | re.MULTILINE)
INCLUDE = re.compile(r'#\s*include\s*("([^"]*)"|<[^>]*>)')
SKIPPED = ('.git', 'build', '__pycache__')


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    line: int


@dataclass(frozen=True)
class Function:
    """A definition; its length counts from the opening brace to the closing one."""
    name: str
    line: int
    length: int
    parameters: int
    nesting: int


@dataclass
class File:
    """One text file. `path` is relative to the root, with '/'."""
    path: str
    text: str

    @property
    def name(self) -> str:
        return self.path.rsplit('/', 1)[-1]

    @property
    def folder(self) -> str:
        return self.path.rpartition('/')[0]

    @property
    def is_c(self) -> bool:
        return self.path.endswith(('.c', '.h'))

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def tokens(self) -> list[Token]:
        found, line, seen = [], 1, 0
        for match in TOKEN.finditer(self.text):
            line += self.text.count('\n', seen, match.start())
            seen = match.start()
            found.append(Token(match.lastgroup or '', match.group(), line))
        return found

    @cached_property
    def code(self) -> list[Token]:
        """The tokens without comments and preprocessor lines."""
        return [t for t in self.tokens if t.kind not in ('comment', 'directive')]

    @cached_property
    def includes(self) -> list[tuple[str, int]]:
        """What is included with quotation marks, with the line."""
        found = []
        for token in self.tokens:
            match = INCLUDE.search(token.text) if token.kind == 'directive' else None
            if match and match.group(2) is not None:
                found.append((match.group(2), token.line))
        return found

    @cached_property
    def functions(self) -> list[Function]:
        return list(_functions(self.code))


@dataclass
class Tree:
    """All text files below `root` that belong to the project, and where its objects lie."""
    root: Path
    build: Path
    binary: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path, build: Path) -> Tree:
        tree = cls(root, build)
        for path in sorted(_paths(root)):
            data = (root / path).read_bytes()
            try:
                if b'\0' in data:
                    raise UnicodeError
                tree.files.append(File(path, data.decode()))
            except UnicodeError:
                tree.binary.append(path)
        return tree

    def source(self) -> list[File]:
        """The C files of the program."""
        return [f for f in self.files if f.is_c and f.path.startswith('src/')]

    def c_files(self) -> list[File]:
        return [f for f in self.files if f.is_c]

    def headers(self) -> list[File]:
        return [f for f in self.source() if f.path.endswith('.h')]


def _paths(root: Path) -> Iterator[str]:
    """Tracked files and new ones that are not ignored; without git, all but the skipped."""
    if (root / '.git').exists():
        listing = subprocess.run(
            ['git', '-C', root, 'ls-files', '-coz', '--exclude-standard'],
            capture_output=True, check=True).stdout.decode()
        for path in listing.split('\0'):
            if path and (root / path).is_file():
                yield path
        return
    for path in root.rglob('*'):
        parts = path.relative_to(root).parts
        if path.is_file() and not any(part in SKIPPED for part in parts):
            yield '/'.join(parts)


def match_brackets(code: list[Token]) -> dict[int, int]:
    """For the index of every ( [ {, the index of what closes it."""
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for index, token in enumerate(code):
        if token.text in '([{':
            stack.append(index)
        elif token.text in ')]}' and stack:
            pairs[stack.pop()] = index
    return pairs


def _functions(code: list[Token]) -> Iterator[Function]:
    """Every `name(...) {` at file scope."""
    pairs = match_brackets(code)
    index = 0
    while index < len(code):
        token = code[index]
        if token.text == '(' and index and code[index - 1].kind == 'word':
            close = pairs.get(index, index)
            if close + 1 < len(code) and code[close + 1].text == '{':
                start, end = close + 1, pairs.get(close + 1, close + 1)
                yield Function(
                    name=code[index - 1].text, line=code[index - 1].line,
                    length=code[end].line - code[start].line + 1,
                    parameters=_count_parameters(code, pairs, index),
                    nesting=_Nesting(code, pairs).of(start))
                index = end
            else:
                index = close
        elif token.text in '({[':
            index = pairs.get(index, index)
        index += 1


def _count_parameters(code: list[Token], pairs: dict[int, int], start: int) -> int:
    end = pairs[start]
    if end == start + 1 or (end == start + 2 and code[start + 1].text == 'void'):
        return 0
    count, index = 1, start + 1
    while index < end:
        if code[index].text in '([{':
            index = pairs[index]
        elif code[index].text == ',':
            count += 1
        index += 1
    return count


class _Nesting:
    """How many control statements stand inside each other, with or without braces.

    `else if` is the same level as its `if`; a bare block is no level.
    """

    def __init__(self, code: list[Token], pairs: dict[int, int]) -> None:
        self.code = code
        self.pairs = pairs
        self.deepest = 0

    def of(self, brace: int) -> int:
        self._block(brace, 0)
        return self.deepest

    def _block(self, brace: int, depth: int) -> int:
        index, end = brace + 1, self.pairs[brace]
        while index < end:
            index = self._statement(index, depth)
        return end + 1

    def _inner(self, index: int, depth: int) -> int:
        self.deepest = max(self.deepest, depth)
        return self._statement(index, depth)

    def _statement(self, index: int, depth: int) -> int:
        """Reads one statement and gives the index behind it."""
        text = self.code[index].text
        if text == '{':
            return self._block(index, depth)
        if text == 'if':
            return self._if(index, depth)
        if text in ('for', 'while', 'switch'):
            return self._inner(self.pairs[index + 1] + 1, depth + 1)
        if text == 'do':
            return self._simple(self._inner(index + 1, depth + 1))
        if text in ('case', 'default'):
            while self.code[index].text != ':':
                index += 1
            return index + 1
        return self._simple(index)

    def _if(self, index: int, depth: int) -> int:
        index = self._inner(self.pairs[index + 1] + 1, depth + 1)
        if index < len(self.code) and self.code[index].text == 'else':
            if self.code[index + 1].text == 'if':
                return self._if(index + 1, depth)
            return self._inner(index + 1, depth + 1)
        return index

    def _simple(self, index: int) -> int:
        while index < len(self.code):
            text = self.code[index].text
            if text == ';':
                return index + 1
            if text == '}':
                return index
            index = self.pairs[index] + 1 if text in '([{' else index + 1
        return index
