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
QUIRKS, QUIRK_PAGE = 'src/wire/imap/server/quirk', 'docs/quirks.md'
STRING = re.compile(r'"((?:\\.|[^"\\\n])*)"')
STRINGS = r'((?:\s*"(?:\\.|[^"\\\n])*")+)'
QUIRK_ROW = re.compile(
    r'\.family = IMAP_FAMILY_(\w+),\s*\.quirk = IMAP_QUIRK_(\w+),'
    rf'\s*\.symptom ={STRINGS},\s*\.action ={STRINGS},\s*\.source ={STRINGS}')
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
    code, page = texts.get(QUIRKS + '.c', ''), texts.get(QUIRK_PAGE, '')
    table, told = list(_quirks_of_table(code)), list(_quirks_of_page(page))
    if len(table) != code.count('.quirk ='):
        yield Finding(QUIRKS + '.c', 0, 'it has rows that this law cannot read')
    for row in sorted(set(table) ^ set(told)):
        what = 'lacks' if row in table else 'invents'
        yield Finding(QUIRK_PAGE, 0, f'{what} {" | ".join(row)}')
    explained = re.findall(r'^\| `(\w+)` \| [^|]+ \|$', page, re.MULTILINE)
    for quirk in re.findall(r'\bIMAP_QUIRK_(\w+)', texts.get(QUIRKS + '.h', '')):
        if quirk not in (*explained, 'COUNT'):
            yield Finding(QUIRK_PAGE, 0, f'does not say what {quirk} is')
