# SPDX-License-Identifier: Apache-2.0
"""Laws about the house: who includes whom, what stands where, what a header promises."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from law import Finding, law, rows
from tree import File, Tree

PURE = ('base', 'mail', 'wire/*', 'sync')
LABELS = ('Place', 'Promise', 'Memory', 'Limits', 'Spec')


def layers() -> dict[str, list[str]]:
    """Room pattern -> what it may include."""
    return {row[0]: row[1].split() for row in rows('layers.txt')}


def room_of(path: str) -> str | None:
    """The row of layers.txt that a path below src/ belongs to: wire/imap/x.c -> wire/imap."""
    if path in layers():
        return path
    folder = path.rpartition('/')[0]
    for pattern in layers():
        if folder and fnmatchcase(folder, pattern):
            return folder
    return None


def allowed(room: str, target: str) -> bool:
    """May a file of `room` include `target`, a path below src/?"""
    if target.rpartition('/')[0] == room:
        return True
    table = layers()
    row = table.get(room) or next(v for k, v in table.items() if fnmatchcase(room, k))
    return any(entry == '*' or fnmatchcase(target, entry) or target.startswith(entry + '/')
               for entry in row)


def is_pure(path: str) -> bool:
    """Is a path below src/ in a pure room?"""
    room = path.rpartition('/')[0]
    return any(fnmatchcase(room, pattern) for pattern in PURE)


def below_src(file: File) -> str:
    return file.path.removeprefix('src/')


@law
def every_file_has_a_room(tree: Tree) -> Iterator[Finding]:
    for file in tree.source():
        if room_of(below_src(file)) is None:
            yield Finding(file.path, 0, 'its folder is no room of layers.txt')


@law
def includes_keep_the_layers(tree: Tree) -> Iterator[Finding]:
    for file in tree.source():
        room = room_of(below_src(file))
        for target, line in file.includes:
            if room and '/' in target and '..' not in target and not allowed(room, target):
                yield Finding(file.path, line, f'{room} may not include {target}')


@law
def includes_are_rooted(tree: Tree) -> Iterator[Finding]:
    for file in tree.c_files():
        for target, line in file.includes:
            if '..' in target.split('/'):
                yield Finding(file.path, line, f'"{target}" climbs; root it at src/')
            elif file.path.startswith('src/') and '/' not in target:
                yield Finding(file.path, line, f'"{target}" is not rooted at src/')


@law
def includes_have_no_cycle(tree: Tree) -> Iterator[Finding]:
    graph = {below_src(f): [t for t, _ in f.includes] for f in tree.headers()}
    done: set[str] = set()
    for start in graph:
        for cycle in _cycles(graph, start, [], done):
            yield Finding('src/' + cycle[0], 0, ' -> '.join(cycle))


def _cycles(graph: dict[str, list[str]], node: str, path: list[str],
            done: set[str]) -> Iterator[list[str]]:
    if node in path:
        yield path[path.index(node):] + [node]
        return
    if node in done or node not in graph:
        return
    for target in graph[node]:
        yield from _cycles(graph, target, path + [node], done)
    done.add(node)


@law
def rooms_do_not_include_in_circles(tree: Tree) -> Iterator[Finding]:
    """Also between rooms: the table must not allow what it forbids the other way round."""
    seen: dict[tuple[str, str], str] = {}
    for file in tree.source():
        room = room_of(below_src(file))
        for target, _ in file.includes:
            other = room_of(target)
            if room and other and other != room:
                seen.setdefault((room, other), file.path)
    for (room, other), path in seen.items():
        if room < other and (other, room) in seen:
            yield Finding(path, 0, f'{room} and {other} include each other '
                                   f'(see {seen[other, room]})')


@law
def guards_follow_the_path(tree: Tree) -> Iterator[Finding]:
    for file in tree.c_files():
        if not file.path.endswith('.h'):
            continue
        guard = re.sub(r'[^A-Z0-9]', '_', below_src(file).upper())
        directives = [t.text.split() for t in file.tokens if t.kind == 'directive']
        opening = directives[:2]
        # Headers of tests may leave out the first folder, as those of the program do.
        names = {guard, guard.removeprefix('TESTS_')}
        if not any(opening == [['#ifndef', name], ['#define', name]] for name in names):
            yield Finding(file.path, 0, f'its guard must be {guard}')


@law
def headers_carry_their_contract(tree: Tree) -> Iterator[Finding]:
    for file in tree.headers():
        first = file.tokens[0] if file.tokens else None
        text = first.text if first and first.kind == 'comment' else ''
        name = below_src(file).removesuffix('.h')
        if f'\n * {name}: ' not in text:
            yield Finding(file.path, 1, f'the first comment must open with "{name}: ..."')
        elif not any(re.search(rf'^ \* {label}  +\S', text, re.MULTILINE) for label in LABELS):
            yield Finding(file.path, 1, f'the contract has none of {", ".join(LABELS)}')
        for label in LABELS:
            if re.search(rf'[.;:] {label}(   *\S|$)', text, re.MULTILINE):
                yield Finding(file.path, 1, f'"{label}" must open a line of its own')


def _is_part(file: File, paths: set[str]) -> bool:
    """Does session_append.c stand beside its whole, session.c?"""
    words = file.name.removesuffix('.c').split('_')
    wholes = ('_'.join(words[:count]) for count in range(1, len(words)))
    return any(f'{file.folder}/{whole}.c' in paths for whole in wholes)


@law
def pure_files_have_a_unit_test(tree: Tree) -> Iterator[Finding]:
    """A part belongs to its whole, and so to the test that the whole must have."""
    paths = {f.path for f in tree.files}
    for file in tree.source():
        is_source = file.path.endswith('.c') and is_pure(below_src(file))
        if is_source and not _is_part(file, paths):
            test = f'tests/unit/{below_src(file).removesuffix(".c")}_test.c'
            if test not in paths:
                yield Finding(file.path, 0, f'{test} is missing')


@law
def unit_tests_have_a_source(tree: Tree) -> Iterator[Finding]:
    paths = {f.path for f in tree.files}
    for file in tree.c_files():
        if file.path.startswith('tests/unit/') and file.path.endswith('_test.c'):
            source = 'src/' + file.path.removeprefix('tests/unit/').removesuffix('_test.c')
            if source + '.c' not in paths and source + '.h' not in paths:
                yield Finding(file.path, 0, f'there is no {source}.c')


@law
def no_file_is_dead(tree: Tree) -> Iterator[Finding]:
    """Every .c is compiled by the build of the tests."""
    commands = tree.build / 'compile_commands.json'
    if not commands.exists():
        yield Finding('meson.build', 0, f'{tree.build} is not configured')
        return
    compiled = {(tree.build / entry['directory'] / entry['file']).resolve()
                for entry in json.loads(commands.read_text())}
    for file in tree.c_files():
        if file.path.endswith('.c') and (tree.root / file.path).resolve() not in compiled:
            yield Finding(file.path, 0, 'no meson.build names it')


@law
def no_header_is_dead(tree: Tree) -> Iterator[Finding]:
    used = {target for f in tree.c_files() for target, _ in f.includes}
    for file in tree.headers():
        if below_src(file) not in used:
            yield Finding(file.path, 0, 'nobody includes it')
