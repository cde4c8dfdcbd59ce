# SPDX-License-Identifier: Apache-2.0
"""Laws about the text of files: sizes, columns, words, licences, Python, blobs."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from law import Finding, law, rows
from tree import File, Tree

COLUMNS_MAX = 96
TAB = 8
FUNCTION_LINES_MAX = 70
SOURCE_LINES_MAX = 800
HEADER_LINES_MAX = 250
TEST_LINES_MAX = 1000
PARAMETERS_MAX = 6
NESTING_MAX = 4
ROOM_FILES_MAX = 40
BLOB_BYTES_MAX = 1 << 20
# Written so that this file does not accuse itself.
LEFTOVER = re.compile(
    r'\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K|not impleme[n]ted|for n[o]w|stubb[e]d)\b', re.IGNORECASE)
WRITTEN = ('.c', '.h', '.py', '.sh', 'meson.build', 'Makefile')
CORPUS = 'tests/fuzz/*corpus*'


def is_script(file: File) -> bool:
    return file.text.startswith('#!')


def is_python(file: File) -> bool:
    return file.path.endswith('.py') or (is_script(file) and 'python' in file.lines[0])


def is_written(file: File) -> bool:
    """Source text by hand: everything but documents and data."""
    return file.path.endswith(WRITTEN) or is_script(file)


@law
def columns(tree: Tree) -> Iterator[Finding]:
    for file in tree.files:
        if is_written(file):
            for number, line in enumerate(file.lines, 1):
                width = len(line.expandtabs(TAB))
                if width > COLUMNS_MAX:
                    yield Finding(file.path, number, f'{width} columns of {COLUMNS_MAX}')


@law
def functions_are_short(tree: Tree) -> Iterator[Finding]:
    for file in tree.c_files():
        for f in file.functions:
            if f.length > FUNCTION_LINES_MAX:
                yield Finding(file.path, f.line,
                              f'{f.name} has {f.length} lines of {FUNCTION_LINES_MAX}')


@law
def functions_take_few_parameters(tree: Tree) -> Iterator[Finding]:
    for file in tree.c_files():
        for f in file.functions:
            if f.parameters > PARAMETERS_MAX:
                yield Finding(file.path, f.line,
                              f'{f.name} has {f.parameters} parameters of {PARAMETERS_MAX}')


@law
def functions_are_flat(tree: Tree) -> Iterator[Finding]:
    for file in tree.c_files():
        for f in file.functions:
            if f.nesting > NESTING_MAX:
                yield Finding(file.path, f.line,
                              f'{f.name} nests {f.nesting} deep of {NESTING_MAX}')


@law
def files_are_short(tree: Tree) -> Iterator[Finding]:
    for file in tree.files:
        if not (file.is_c or is_python(file)):
            continue
        limit = SOURCE_LINES_MAX
        if file.path.endswith('.h'):
            limit = HEADER_LINES_MAX
        elif file.path.startswith('tests/'):
            limit = TEST_LINES_MAX
        if len(file.lines) > limit:
            yield Finding(file.path, 0, f'{len(file.lines)} lines of {limit}')


@law
def rooms_are_small(tree: Tree) -> Iterator[Finding]:
    for folder, count in Counter(f.folder for f in tree.source()).items():
        if count > ROOM_FILES_MAX:
            yield Finding(folder, 0, f'{count} files of {ROOM_FILES_MAX}; split the room')


@dataclass(frozen=True)
class Ban:
    is_call: bool
    words: frozenset[str]
    is_for_all: bool
    excepted: tuple[str, ...]
    instead: str

    def holds_for(self, path: str) -> bool:
        in_scope = path.startswith('src/') or self.is_for_all
        return in_scope and not any(fnmatchcase(path, e) for e in self.excepted)


def bans() -> list[Ban]:
    return [Ban(kind == 'call', frozenset(words.split()), scope == 'all',
                tuple(excepted.split()), instead)
            for kind, words, scope, excepted, instead in rows('banned.txt')]


@law
def no_banned_word(tree: Tree) -> Iterator[Finding]:
    table = bans()
    for file in tree.c_files():
        here = [ban for ban in table if ban.holds_for(file.path)]
        code = file.code
        for index, token in enumerate(code):
            if token.kind != 'word':
                continue
            before = code[index - 1].text if index else ''
            after = code[index + 1].text if index + 1 < len(code) else ''
            is_call = after == '(' and before not in ('.', '->')
            for ban in here:
                if token.text in ban.words and (is_call or not ban.is_call):
                    yield Finding(file.path, token.line, f'{token.text}: use {ban.instead}')


@law
def no_leftovers(tree: Tree) -> Iterator[Finding]:
    for file in tree.files:
        if is_written(file):
            for number, line in enumerate(file.lines, 1):
                for match in LEFTOVER.finditer(line):
                    yield Finding(file.path, number, f'"{match.group()}" promises later work')


@law
def no_line_comments(tree: Tree) -> Iterator[Finding]:
    for file in tree.c_files():
        for token in file.tokens:
            if token.kind == 'comment' and token.text.startswith('//'):
                yield Finding(file.path, token.line, 'comments stand between /* and */')


@law
def licence_line(tree: Tree) -> Iterator[Finding]:
    for file in tree.files:
        if is_written(file):
            if 'SPDX-License-Identifier: Apache-2.0' not in '\n'.join(file.lines[:2]):
                yield Finding(file.path, 1, 'no SPDX line among the first two')


@law
def python_parses(tree: Tree) -> Iterator[Finding]:
    for file in tree.files:
        if is_python(file):
            try:
                ast.parse(file.text, file.path, feature_version=(3, 11))
            except SyntaxError as error:
                yield Finding(file.path, error.lineno or 0, error.msg)


@law
def text_is_clean(tree: Tree) -> Iterator[Finding]:
    """No carriage returns, no blanks at line ends, a newline at the end."""
    for file in tree.files:
        if not is_written(file) or not file.text:
            continue
        if not file.text.endswith('\n'):
            yield Finding(file.path, len(file.lines), 'no newline at the end of the file')
        for number, line in enumerate(file.text.split('\n'), 1):
            if line != line.rstrip():
                yield Finding(file.path, number, 'blank or carriage return at the line end')


@law
def no_blobs(tree: Tree) -> Iterator[Finding]:
    """Binary files are only inputs of fuzz targets; nothing is a core or over 1 MiB."""
    for path in [f.path for f in tree.files] + tree.binary:
        name = path.rsplit('/', 1)[-1]
        if (tree.root / path).stat().st_size > BLOB_BYTES_MAX:
            yield Finding(path, 0, 'over 1 MiB')
        if re.fullmatch(r'(vg)?core(\.\d+)?|.*\.core|.*\.o|.*\.a|.*\.so', name):
            yield Finding(path, 0, 'a core or an object file')
        elif path in tree.binary and not fnmatchcase(path, CORPUS):
            yield Finding(path, 0, 'a binary file')
