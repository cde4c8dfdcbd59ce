# SPDX-License-Identifier: Apache-2.0
"""Shows that every law can fail: a small good tree passes them all, each bad one is found."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from law import LAWS, Law
from text import bans
from tree import Tree

LICENCE = 'SPDX-License-Identifier: Apache-2.0'
OPENING = f'/* {LICENCE} */\n'


def header(name: str, body: str = '', label: str = 'Place    a test.') -> str:
    guard = name.upper().replace('/', '_') + '_H'
    return (f'/* {LICENCE}\n *\n * {name}: a header.\n *\n * {label}\n */\n'
            f'#ifndef {guard}\n#define {guard}\n{body}\n#endif\n')


def function(body: str, parameters: str = 'void') -> str:
    return f'{OPENING}int\nword_size({parameters})\n{{\n{body}\n\treturn 0;\n}}\n'


QUIRK = OPENING + r'''
enum {IMAP_FAMILY_DOVECOT, IMAP_QUIRK_LF};
const struct {int family, quirk; const char *symptom, *action, *source;} rows[] = {
    {.family = IMAP_FAMILY_DOVECOT,
     .quirk = IMAP_QUIRK_LF,
     .symptom = "says \"{n}\"",
     .action = "drop "
               "it",
     .source = "heard"},
};
'''
QUIRK_PAGE = '## Dovecot\n\n| `LF` | says "{n}" | drop it | heard |\n'
QUIRK_LIST = '| 1 | a | b | `Dovecot LF` | c |\n' + ''.join(
    f'| {number} | a | b | for all: c | d |\n' for number in range(2, 121))
README = '`make demo`, `make check`, `godwit copy`\n| `--folder GLOB`, `--help` | x |\n'
GOOD = {
    'src/base/word.h': header('base/word', 'int word_size(void);'),
    'src/base/word.c': OPENING + '#include "base/word.h"\n\n'
                       'static const char *const names[] = {"a", "b"};\n\n'
                       'int\nword_size(void)\n{\n\treturn names[0][0];\n}\n',
    'src/base/word_long.c': OPENING + 'int word_long_size(void);\n\n'
                            'int\nword_long_size(void)\n{\n\treturn 9;\n}\n',
    'src/mail/note.h': header('mail/note', '#include "base/word.h"\nint note_size(void);'),
    'src/mail/note.c': OPENING + '#include "mail/note.h"\n\n'
                       'int\nnote_size(void)\n{\n\treturn word_size();\n}\n',
    'tests/unit/base/word_test.c': OPENING + 'int x;\n',
    'tests/unit/mail/note_test.c': OPENING + 'int x;\n',
    'src/wire/imap/server/quirk.c': OPENING + 'int quirk_size(void);\n\nint\nquirk_size(void)\n'
                                   '{\n\treturn 1;\n}\n',
    'src/wire/imap/server/quirk_rows.c': QUIRK,
    'tests/unit/wire/imap/server/quirk_test.c': OPENING + 'int x;\n',
    'docs/quirks.md': QUIRK_PAGE,
    'docs/quirks-list.md': QUIRK_LIST,
    'README.md': README,
    'docs/godwit-copy.1': '.It Fl Fl folder Ar glob , Fl Fl help\n',
    'build/check/src/godwit': '#!/bin/sh\necho "  --folder GLOB"; echo "  --help"\n',
    'tool.py': f'# {LICENCE}\nprint(1)\n',
}
GOOD['build/check/compile_commands.json'] = json.dumps(
    [{'directory': '../..', 'file': path} for path in GOOD if path.endswith('.c')])


@dataclass
class Case:
    """What is put into the good tree, and in which file the law must see it."""
    law: str
    what: str
    path: str
    files: dict[str, str | bytes] = field(default_factory=dict)
    without: tuple[str, ...] = ()


def one(law: str, what: str, path: str, text: str | bytes) -> Case:
    return Case(law, what, path, {path: text})


NESTED = '\tif (a)\n\t\tfor (;;)\n\t\t\twhile (b) {\n\t\t\t\tdo\n' \
         '\t\t\t\t\tif (c)\n\t\t\t\t\t\tx();\n\t\t\t\twhile (d);\n\t\t\t}'
MANY = 'int a, int b, int c, int (*d)(int, int), int e, int f, int g'
STATIC = 'static int calls;\n\nint\nword_size(void)\n{\n\treturn ++calls;\n}\n'
WORLD = 'int getpid(void);\n\nint\nword_size(void)\n{\n\treturn getpid();\n}\n'
DOWNWARD = 'int note_size(void);\n\nint\nword_size(void)\n{\n\treturn note_size();\n}\n'
SOURCE = 'src/base/word.c'
HEADER = 'src/base/word.h'
TEST = 'tests/unit/base/word_test.c'

CASES = [
    one('every-file-has-a-room', 'unknown room', 'src/attic/old.h', header('attic/old')),
    one('every-file-has-a-room', 'between rooms', 'src/wire/flat.h', header('wire/flat')),
    one('includes-keep-the-layers', 'upward', HEADER,
        header('base/word', '#include "mail/note.h"')),
    one('includes-keep-the-layers', 'another format', 'src/sync/plan.h',
        header('sync/plan', '#include "wire/imap/session.h"')),
    one('includes-keep-the-layers', 'format to format', 'src/wire/imap/x.h',
        header('wire/imap/x', '#include "wire/mime/header.h"')),
    one('includes-keep-the-layers', 'not the one header', 'src/pass/x.h',
        header('pass/x', '#include "net/loop.h"')),
    one('includes-are-rooted', 'climbing', 'src/mail/note.h',
        header('mail/note', '#include "../base/word.h"')),
    one('includes-are-rooted', 'without a room', 'src/mail/note.h',
        header('mail/note', '#include "word.h"')),
    Case('includes-have-no-cycle', 'two headers', 'src/base/a.h', {
        'src/base/a.h': header('base/a', '#include "base/b.h"'),
        'src/base/b.h': header('base/b', '#include "base/a.h"')}),
    Case('rooms-do-not-include-in-circles', 'two rooms', HEADER, {
        HEADER: header('base/word', '#include "mail/note.h"')}),
    one('guards-follow-the-path', 'other name', HEADER, header('base/other')),
    one('headers-carry-their-contract', 'other name', HEADER, header('base/other')),
    one('headers-carry-their-contract', 'no label', HEADER,
        header('base/word', label='Nothing is promised.')),
    one('headers-carry-their-contract', 'label inside a line', HEADER,
        header('base/word', label='Place    here. Memory   none.')),
    Case('pure-files-have-a-unit-test', 'no test', SOURCE, without=(TEST,)),
    one('pure-files-have-a-unit-test', 'a part of nothing', 'src/base/lost_part.c', OPENING),
    one('pure-files-have-a-unit-test', 'a part of another room', 'src/mail/word_long.c',
        OPENING),
    one('pure-files-have-a-unit-test', 'no part without underscore', 'src/base/wordy.c',
        OPENING),
    one('unit-tests-have-a-source', 'no source', 'tests/unit/base/lost_test.c', OPENING),
    one('no-file-is-dead', 'not listed', 'src/base/dead.c', OPENING),
    one('no-header-is-dead', 'not included', 'src/base/dead.h', header('base/dead')),
    one('columns', 'tabs count eight', SOURCE, function('\t\t/* ' + 'x' * 76 + ' */')),
    one('columns', 'Python', 'tool.py', f'# {LICENCE}\n# {"x" * 95}\n'),
    one('functions-are-short', '71 lines', SOURCE, function('\tx();\n' * 67)),
    one('functions-take-few-parameters', 'seven', SOURCE, function('', MANY)),
    one('functions-are-flat', 'five deep', SOURCE, function(NESTED)),
    one('files-are-short', 'source', SOURCE, OPENING + 'int x;\n' * 800),
    one('files-are-short', 'header', HEADER, header('base/word', 'int x;\n' * 250)),
    one('files-are-short', 'test', TEST, OPENING + 'int x;\n' * 1000),
    Case('rooms-are-small', '41 files', 'src/base',
         {f'src/base/x{n}.h': header(f'base/x{n}') for n in range(39)}),
    one('no-banned-word', 'a call', SOURCE, function('\tstrcpy(a, b);')),
    one('no-banned-word', 'in a test', TEST, function('\tsprintf(a, "b");')),
    one('no-leftovers', 'C', SOURCE, function('\t/* TO' + 'DO */')),
    one('no-leftovers', 'Python', 'tool.py', f'# {LICENCE}\n# good enough for no' + 'w\n'),
    one('no-line-comments', 'C', SOURCE, function('\t// why')),
    one('licence-line', 'C', SOURCE, 'int x;\n'),
    one('licence-line', 'script', 'scripts/go', '#!/bin/sh\ntrue\n'),
    one('licence-line', 'meson', 'meson.build', 'x = 1\n'),
    one('python-parses', 'half a function', 'tool.py', f'# {LICENCE}\ndef x(:\n'),
    one('text-is-clean', 'blank at the end', SOURCE, OPENING + 'int x; \n'),
    one('text-is-clean', 'carriage return', SOURCE, OPENING + 'int x;\r\n'),
    one('text-is-clean', 'no last newline', SOURCE, OPENING + 'int x;'),
    one('no-blobs', 'binary', 'docs/picture.bin', b'\0\1'),
    one('no-blobs', 'core', 'core', 'text'),
    one('no-blobs', 'large', 'docs/long.txt', 'x' * (1 << 20) + '\n'),
    one('documents-name-every-option', 'lacks one', 'README.md',
        README.replace('--help', 'help')),
    one('documents-name-every-option', 'invents one', 'README.md',
        README.replace('GLOB', '--fast')),
    one('documents-name-every-option', 'lacks one in the manual', 'docs/godwit-copy.1',
        '.It Fl Fl folder Ar glob\n'),
    one('links-lead-somewhere', 'no such file', 'README.md', '[x](docs/lost.md)\n'),
    one('readme-opens-with-its-commands', 'too late', 'README.md', '\n' * 40 + README),
    one('quirk-page-is-the-table', 'lacks a row', 'docs/quirks.md', '## Dovecot\n'),
    one('quirk-page-is-the-table', 'another family', 'docs/quirks.md',
        QUIRK_PAGE.replace('Dovecot', 'Cyrus')),
    one('quirk-page-is-the-table', 'another source', 'docs/quirks.md',
        QUIRK_PAGE.replace('heard', 'measured')),
    one('quirk-page-is-the-table', 'invents a row', 'docs/quirks.md',
        QUIRK_PAGE + QUIRK_PAGE.replace('LF', 'NUL')),
    one('quirk-page-is-the-table', 'a row in another order',
        'src/wire/imap/server/quirk_rows.c',
        QUIRK.replace('action', 'x').replace('symptom', 'action').replace('x', 'symptom')),
    Case('quirk-page-is-the-table', 'a quirk that is not explained', 'docs/quirks.md', {
        'src/wire/imap/server/quirk.h':
            header('wire/imap/server/quirk', 'enum {IMAP_QUIRK_LOST};')}),
    one('quirk-list-is-whole', 'lacks the last entry', 'docs/quirks-list.md',
        QUIRK_LIST.replace('| 120 | a | b | for all: c | d |\n', '')),
    one('quirk-list-is-whole', 'lacks one in the middle', 'docs/quirks-list.md',
        QUIRK_LIST.replace('| 60 | a | b | for all: c | d |\n', '')),
    one('quirk-list-is-whole', 'no reason', 'docs/quirks-list.md',
        QUIRK_LIST.replace('| 7 | a | b | for all: c', '| 7 | a | b | so')),
    one('quirk-list-is-whole', 'no such row', 'docs/quirks-list.md',
        QUIRK_LIST.replace('| 7 | a | b | for all: c', '| 7 | a | b | `Cyrus LF`')),
    one('quirk-list-is-whole', 'a row of no entry', 'docs/quirks-list.md',
        QUIRK_LIST.replace('`Dovecot LF`', 'later: c')),
    one('pure-rooms-want-nothing-of-the-world', 'libc', SOURCE, OPENING + WORLD),
    one('pure-rooms-want-nothing-of-the-world', 'upward', SOURCE, OPENING + DOWNWARD),
    one('pure-rooms-keep-no-state', 'static variable', SOURCE, OPENING + STATIC),
    one('headers-compile-alone', 'lacks an include', HEADER,
        header('base/word', 'size_t word_size(void);')),
]


def _plant(root: Path, files: dict[str, str | bytes]) -> Tree:
    """Writes the files, compiles the good objects as meson would place them."""
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
        if path.startswith('build/'):
            place.chmod(0o755)
    return Tree.read(root, root / 'build' / 'check')


def _compile(tree: Tree) -> None:
    for file in tree.source():
        if file.path.endswith('.c'):
            source = file.path.removeprefix('src/')
            room = source.rpartition('/')[0].replace('/', '_')
            out = tree.build / 'src' / f'lib{room}.a.p' / (source.replace('/', '_') + '.o')
            out.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(['gcc', '-std=c17', '-fPIE', '-Isrc', '-c', file.path, '-o', out],
                           cwd=tree.root, check=True, capture_output=True)


def _needs_objects(law: str) -> bool:
    return law.startswith('pure-rooms-')


def _try(law: Law, case: Case) -> list[str]:
    files = {**GOOD, **case.files}
    for path in case.without:
        del files[path]
    with tempfile.TemporaryDirectory() as folder:
        tree = _plant(Path(folder), files)
        if _needs_objects(law.name):
            _compile(tree)
        found = list(law.look(tree))
    if any(finding.path == case.path for finding in found):
        return []
    return [f'a violation in {case.path} was not found; found: {[str(f) for f in found]}']


def _try_good() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        tree = _plant(Path(folder), GOOD)
        _compile(tree)
        # Nothing includes the header at the top of a tree that has no main.c.
        return [str(finding) for law in LAWS for finding in law.look(tree)
                if finding.path != 'src/mail/note.h' or law.name != 'no-header-is-dead']


def _try_banned_words(law: Law) -> list[str]:
    words = sorted(word for ban in bans() for word in ban.words)
    body = '\n'.join(f'\tx = {word}(y);' for word in words)
    with tempfile.TemporaryDirectory() as folder:
        tree = _plant(Path(folder), {**GOOD, SOURCE: function(body)})
        found = {finding.text.partition(':')[0] for finding in law.look(tree)}
    return [f'{word} was not found' for word in words if word not in found]


def run() -> dict[str, list[str]]:
    """Test -> complaints: the good tree, every case, and that no law is without a case."""
    laws = {law.name: law for law in LAWS}
    results = {'a-good-tree-passes': _try_good()}
    for case in CASES:
        results[f'{case.law}: {case.what}'] = _try(laws[case.law], case)
    results['every-banned-word-is-found'] = _try_banned_words(laws['no-banned-word'])
    results['every-law-is-broken-once'] = [
        f'{name} has no case' for name in laws if name not in {case.law for case in CASES}]
    return results
