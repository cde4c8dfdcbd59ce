# SPDX-License-Identifier: Apache-2.0
"""Laws that need a compiler: purity by undefined symbols, headers that compile alone."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path

from law import Finding, law, rows
from structure import allowed, below_src, is_pure, room_of
from tree import Tree

COMPILERS = ('gcc', 'clang')
WRITABLE = re.compile(r'\*COM\*|\.(t?bss|t?data(?!\.rel\.ro))\b')
INSTRUMENTS = ('__asan', '__odr_asan', '__ubsan', '.L')
FLAGS = ('-fsyntax-only', '-std=c17', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-Isrc')


def _object_of(tree: Tree, source: str) -> Path:
    """Where meson puts the object of src/`source`: one static library a room."""
    room = source.rpartition('/')[0].replace('/', '_')
    return tree.build / 'src' / f'lib{room}.a.p' / (source.replace('/', '_') + '.o')


def _symbols(objects: list[Path]) -> dict[Path, tuple[set[str], set[str]]]:
    """For each object what it defines and what it wants."""
    listing = subprocess.run(['nm', '-A', '-g', *objects], capture_output=True, text=True,
                             check=True).stdout
    found: dict[Path, tuple[set[str], set[str]]] = {path: (set(), set()) for path in objects}
    for line in listing.splitlines():
        place, _, rest = line.partition(':')
        *_, kind, symbol = rest.split()
        found[Path(place)][kind in 'Uwv'].add(symbol)
    return found


def _excuses(source: str) -> list[str]:
    room = source.rpartition('/')[0]
    stem = source.removesuffix('.c')
    return [pattern for place, patterns, _ in rows('purity.txt')
            if place in ('*', room, source, stem) for pattern in patterns.split()]


@law
def pure_rooms_want_nothing_of_the_world(tree: Tree) -> Iterator[Finding]:
    sources = [below_src(f) for f in tree.source() if f.path.endswith('.c')]
    objects = {s: _object_of(tree, s) for s in sources if room_of(s) != s}
    for source, path in list(objects.items()):
        if not path.exists():
            if is_pure(source):
                yield Finding('src/' + source, 0, f'{path} is not built')
            del objects[source]
    symbols = _symbols(list(objects.values())) if objects else {}
    home = {name: source for source, path in objects.items() for name in symbols[path][0]}
    for source, path in objects.items():
        if is_pure(source):
            excuses = _excuses(source)
            for symbol in sorted(symbols[path][1]):
                text = _judge(source, symbol, home.get(symbol), excuses)
                if text:
                    yield Finding('src/' + source, 0, text)


def _judge(source: str, symbol: str, home: str | None, excuses: list[str]) -> str | None:
    if home:
        if allowed(source.rpartition('/')[0], home):
            return None
        return f'wants {symbol} of {home}, which its room may not use'
    if any(fnmatchcase(symbol, pattern) for pattern in excuses):
        return None
    return f'wants {symbol} from outside; purity.txt does not list it'


@law
def pure_rooms_keep_no_state(tree: Tree) -> Iterator[Finding]:
    """No writable data in the objects of pure rooms: globals and static variables."""
    for file in tree.source():
        source = below_src(file)
        path = _object_of(tree, source)
        if not (file.path.endswith('.c') and is_pure(source) and path.exists()):
            continue
        listing = subprocess.run(['nm', '-f', 'sysv', path], capture_output=True, text=True,
                                 check=True).stdout
        for symbol, section in _variables(listing):
            yield Finding(file.path, 0, f'{symbol} ({section}) is a variable of its own')


def _variables(listing: str) -> Iterator[tuple[str, str]]:
    """Symbols in writable sections. Constants that hold addresses are in .data.rel.ro."""
    for line in listing.splitlines():
        fields = [part.strip() for part in line.split('|')]
        if len(fields) == 7:
            symbol, section = fields[0], fields[6]
            if WRITABLE.match(section) and not symbol.startswith(INSTRUMENTS):
                yield symbol, section


@law
def headers_compile_alone(tree: Tree) -> Iterator[Finding]:
    work = [(compiler, file.path) for compiler in COMPILERS for file in tree.headers()]

    def compile_one(item: tuple[str, str]) -> subprocess.CompletedProcess:
        compiler, path = item
        text = f'#include "{path.removeprefix("src/")}"\n'
        return subprocess.run([compiler, *FLAGS, '-x', 'c', '-'], cwd=tree.root, text=True,
                              input=text, capture_output=True, check=False)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (compiler, path), result in zip(work, pool.map(compile_one, work)):
            if result.returncode:
                first = next((line for line in result.stderr.splitlines() if 'error' in line),
                             'failed')
                yield Finding(path, 0, f'{compiler}: {first}')
