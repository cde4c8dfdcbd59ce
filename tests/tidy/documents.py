# SPDX-License-Identifier: Apache-2.0
"""Laws about documents: they name what the program has, and their links lead somewhere."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

from law import Finding, law
from tree import Tree

OPTION = re.compile(r'(?<![\w-])--([a-z][a-z-]*[a-z])')
LINK = re.compile(r'\]\(([^)#:]+)(?:#[^)]*)?\)')
FIRST_SCREEN_LINES = 40
QUIRKS, QUIRK_TABLE = 'src/wire/imap/server/quirk.h', 'src/wire/imap/server/quirk_rows.c'
QUIRK_PAGE, QUIRK_LIST = 'docs/quirks.md', 'docs/quirks-list.md'
QUIRKS_HEARD_OF = 120
STRING = re.compile(r'"((?:\\.|[^"\\\n])*)"')
STRINGS = r'((?:\s*"(?:\\.|[^"\\\n])*")+)'
QUIRK_ROW = re.compile(
    r'\.family = IMAP_FAMILY_(\w+),\s*\.quirk = IMAP_QUIRK_(\w+),'
    rf'\s*\.symptom ={STRINGS},\s*\.action ={STRINGS},\s*\.source ={STRINGS}')
QUIRK_HEARD = re.compile(r'\| (\d+) \| .+ \| .+ \| (.+) \| .+ \|')
QUIRK_EXCUSES = ('for all: ', 'owner: ', 'later: ', 'not done: ')
QUIRK_TOLD = re.compile(r'\| `(\w+)` \| (.+) \| (.+) \| (.+) \|')


@law
def documents_name_every_option(tree: Tree) -> Iterator[Finding]:
    """README and the manual page name the options of `godwit copy --help`, no more, no less."""
    program = tree.build / 'src' / 'godwit'
    if not program.exists():
        yield Finding('README.md', 0, f'{program} is not built, so its options are not known')
        return
    text = subprocess.run([program, 'copy', '--help'], capture_output=True, text=True,
                          check=False).stdout
    there = set(OPTION.findall(text))
    texts = {f.path: f.text for f in tree.files}
    table = '\n'.join(re.findall(r'^\| `--.*?\|', texts.get('README.md', ''), re.MULTILINE))
    manual = '\n'.join(re.findall(r'^\.It Fl Fl .*$', texts.get('docs/godwit-copy.1', ''),
                                  re.MULTILINE)).replace('Fl Fl ', '--')
    for path, part in (('README.md', table), ('docs/godwit-copy.1', manual)):
        named = set(OPTION.findall(part))
        for option in sorted(there - named):
            yield Finding(path, 0, f'--{option} is missing')
        for option in sorted(named - there):
            yield Finding(path, 0, f'--{option} does not exist')


@law
def links_lead_somewhere(tree: Tree) -> Iterator[Finding]:
    for file in tree.files:
        if not file.path.endswith('.md'):
            continue
        for number, line in enumerate(file.lines, 1):
            for target in LINK.findall(line):
                if not (tree.root / file.folder / target).exists():
                    yield Finding(file.path, number, f'{target} is not there')


@law
def readme_opens_with_its_commands(tree: Tree) -> Iterator[Finding]:
    readme = next((f for f in tree.files if f.path == 'README.md'), None)
    top = '\n'.join(readme.lines[:FIRST_SCREEN_LINES]) if readme else ''
    for words in ('make demo', 'make check', 'godwit copy'):
        if words not in top:
            yield Finding('README.md', 1, f'"{words}" is not on the first screen')


def _quirks_of_table(text: str) -> Iterator[tuple[str, ...]]:
    """Family, quirk, symptom, action, source of every row in C."""
    for family, quirk, *strings in QUIRK_ROW.findall(text):
        texts = (''.join(STRING.findall(part)).replace(r'\"', '"') for part in strings)
        yield (family, quirk, *texts)


def _quirks_of_page(text: str) -> Iterator[tuple[str, ...]]:
    """The same of every row of four columns; the family is the heading above it."""
    family = ''
    for line in text.splitlines():
        if line.startswith('## '):
            family = line.removeprefix('## ').upper().replace(' ', '_')
        match = QUIRK_TOLD.fullmatch(line)
        if match:
            yield (family, *match.groups())


@law
def quirk_page_is_the_table(tree: Tree) -> Iterator[Finding]:
    """docs/quirks.md has every row of the table, word by word, and explains every quirk."""
    texts = {f.path: f.text for f in tree.files}
    code, page = texts.get(QUIRK_TABLE, ''), texts.get(QUIRK_PAGE, '')
    table, told = list(_quirks_of_table(code)), list(_quirks_of_page(page))
    if len(table) != code.count('.quirk ='):
        yield Finding(QUIRK_TABLE, 0, 'it has rows that this law cannot read')
    for row in sorted(set(table) ^ set(told)):
        what = 'lacks' if row in table else 'invents'
        yield Finding(QUIRK_PAGE, 0, f'{what} {" | ".join(row)}')
    explained = re.findall(r'^\| `(\w+)` \| [^|]+ \|$', page, re.MULTILINE)
    for quirk in re.findall(r'\bIMAP_QUIRK_(\w+)', texts.get(QUIRKS, '')):
        if quirk not in (*explained, 'COUNT'):
            yield Finding(QUIRK_PAGE, 0, f'does not say what {quirk} is')


def _named_rows(text: str) -> list[tuple[str, str]]:
    """Family and quirk of each `Some Family SOME_QUIRK`."""
    found = (words.rpartition(' ') for words in re.findall(r'`([^`]+)`', text))
    return [(family.upper().replace(' ', '_'), quirk) for family, _, quirk in found]


@law
def quirk_list_is_whole(tree: Tree) -> Iterator[Finding]:
    """docs/quirks-list.md says of all 120 entries which rows they became, or why none."""
    texts = {f.path: f.text for f in tree.files}
    table = list(_quirks_of_table(texts.get(QUIRK_TABLE, '')))
    rows, named, number = {row[:2] for row in table}, set(), 0
    for line, text in enumerate(texts.get(QUIRK_LIST, '').splitlines(), 1):
        match = QUIRK_HEARD.fullmatch(text)
        if not match:
            continue
        number += 1
        if int(match[1]) != number:
            yield Finding(QUIRK_LIST, line, f'entry {match[1]} stands where {number} should')
        if match[2].startswith(QUIRK_EXCUSES):
            continue
        these = _named_rows(match[2])
        named.update(these)
        if not these:
            yield Finding(QUIRK_LIST, line, f'entry {number} names no row and gives no reason')
        for family, quirk in these:
            if (family, quirk) not in rows:
                yield Finding(QUIRK_LIST, line, f'{family} {quirk} is no row of the table')
    if number != QUIRKS_HEARD_OF:
        yield Finding(QUIRK_LIST, 0, f'it has {number} entries, not {QUIRKS_HEARD_OF}')
    for family, quirk, *_, source in table:
        if not source.startswith(('measured', 'reported')) and (family, quirk) not in named:
            yield Finding(QUIRK_LIST, 0, f'{family} {quirk} comes from no entry')
