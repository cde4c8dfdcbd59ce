#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Plants each bug of tests/sim/bugs in a copy of the tree and expects the simulator to find it.

tests/sim/bugs.py [NAME...]     all of them, or some; SEEDS=n (2000)

A patch that no longer applies has failed, and so has one that does not build.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUGS = ROOT / 'tests' / 'sim' / 'bugs'
SEEDS = os.environ.get('SEEDS') or '2000'
TARGET = 'tests/sim/sim_scene_test'
TIMEOUT_S = 600
FOUND = re.compile(r'^seed (\d+): (.*)$', re.MULTILINE)


def run(*words: str | Path, **options) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **options)


def copy_tree(tree: Path) -> None:
    tree.mkdir()
    for name in ('src', 'tests'):
        shutil.copytree(ROOT / name, tree / name)
    for name in ('meson.build', 'meson_options.txt'):
        shutil.copy2(ROOT / name, tree / name)


def play(build: Path) -> tuple[str, str]:
    """What was found first; empty: nothing. And the output."""
    environment = {**os.environ, 'SEEDS': SEEDS, 'QUIET': '1'}
    try:
        result = run(build / TARGET, env=environment, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return 'it never ends', ''
    if result.returncode == 0:
        return '', result.stdout
    found = FOUND.search(result.stdout)
    text = f'seed {found[1]}: {found[2]}' if found else f'status {result.returncode}'
    return text, result.stdout


def plant(patch: Path, tree: Path, build: Path) -> str:
    """Empty: it was found. Else what is wrong."""
    if run('patch', '-p1', '-i', patch, cwd=tree).returncode:
        return 'the patch does not apply'
    try:
        compiled = run('ninja', '-C', build, TARGET)
        if compiled.returncode:
            return f'it does not build\n{compiled.stdout[-2000:]}'
        found, _ = play(build)
        print(f'  {patch.stem}: {found or "NOT FOUND"}', flush=True)
        return '' if found else f'not found in {SEEDS} seeds'
    finally:
        run('patch', '-R', '-p1', '-i', patch, cwd=tree)


def main(names: list[str]) -> int:
    patches = sorted(path for path in BUGS.glob('*.patch') if not names or path.stem in names)
    failed = 0
    with tempfile.TemporaryDirectory(prefix='godwit-bugs-') as folder:
        tree, build = Path(folder) / 'tree', Path(folder) / 'build'
        copy_tree(tree)
        for words in (('meson', 'setup', build, tree, '--buildtype=debugoptimized',
                       '-Dwerror=false'),
                      ('ninja', '-C', build, TARGET)):
            result = run(*words)
            if result.returncode:
                print(result.stdout[-2000:])
                return 1
        found, output = play(build)
        if found:
            print(f'  without a bug: {found}\n{output[-2000:]}')
            failed += 1
        for patch in patches:
            wrong = plant(patch, tree, build)
            if wrong:
                print(f'  {patch.stem}: {wrong}', flush=True)
            failed += bool(wrong)
    print(f'bugs: {len(patches) + 1 - failed} passed, {failed} failed')
    return 1 if failed or not patches else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
