# SPDX-License-Identifier: Apache-2.0
"""Shows that scripts/check cannot take a failure for a success when it counts."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

CHECK = Path(__file__).resolve().parents[2] / 'scripts' / 'check'
RUN = '[==========] Running 2 test(s).\n[       OK ] a\n{}[==========] 2 test(s) run.\n'
BOTH, ONE = RUN.format('[       OK ] b\n'), RUN.format('')
NONE = '[==========] Running 0 test(s).\n[==========] 0 test(s) run.\n'

# What happened, meson's result, the program's output, passed, failed.
CASES = [
    ('a group that passed', 'OK', BOTH, 2, 0),
    ('two groups that passed', 'OK', BOTH + BOTH, 4, 0),
    ('a group with one failure', 'FAIL', ONE, 1, 1),
    ('a group with a skipped test', 'OK', RUN.format('[  SKIPPED ] b\n'), 1, 0),
    ('a group without a test', 'OK', NONE, 0, 1),
    ('a crash in the second test', 'FAIL', ONE.partition('[==========] 2')[0], 0, 1),
    ('a leak behind the last test', 'FAIL', BOTH, 2, 1),
    ('no output in time', 'TIMEOUT', '', 0, 1),
    ('a test that was skipped', 'SKIP', '', 0, 1),
    ('a closing line', 'OK', 'x\n12 passed, 0 failed\n', 12, 0),
    ('a closing line with failures', 'FAIL', '11 passed, 1 failed\n', 11, 1),
    ('a closing line before a crash', 'FAIL', '12 passed, 0 failed\n', 12, 1),
    ('a closing line without a test', 'OK', '0 passed, 0 failed\n', 0, 1),
    ('a program that says nothing', 'OK', '', 1, 0),
]


def _load() -> ModuleType:
    loader = SourceFileLoader('check', str(CHECK))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader('check', loader))
    sys.modules['check'] = module
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    loader.exec_module(module)
    sys.dont_write_bytecode = kept
    return module


def run() -> dict[str, list[str]]:
    """Test -> complaints."""
    count = _load().count_output
    results = {}
    for what, result, output, passed, failed in CASES:
        got = count({'result': result, 'stdout': output})
        good = (got.passed, got.failed) == (passed, failed)
        results[f'scripts/check counts {what}'] = [] if good else [f'as {got}']
    return results
