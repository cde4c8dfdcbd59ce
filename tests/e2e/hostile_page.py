# SPDX-License-Identifier: Apache-2.0
"""docs/hostile.md against the tests: which exit statuses the page and the tests name by case.

A test of a case has its number in its name or in its docstring (`D41`). The statuses are read
from its source: what it hands to the functions that compare the status of a run.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from packages import ROOT

PAGE = ROOT / 'docs' / 'hostile.md'
CASE = re.compile(r'\bD(\d+)(?:–D(\d+))?\b')
STATUS = re.compile(r'(?<![\w.,-])(?:130|[0-7])(?![\w-]|\.\d)')
# Of each function that compares a status: the place of the status, or the status itself.
ASKS = {'expect': 0, 'expect_sentence': 0, '_survives': 1, '_refused': 1, 'ends_with': 1}
MEANS = {'expect_exact': 0, '_ignored': 0, '_again': 0, '_fatal': 4, '_all_end': 4}


def _cases(text: str) -> set[int]:
    return {number for first, last in CASE.findall(text)
            for number in range(int(first), int(last or first) + 1)}


def of_page(text: str) -> Iterator[tuple[int, set[int], set[int]]]:
    """Every row of the table: its line, its cases, the statuses that it names."""
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.split('|')]
        if len(cells) == 5 and (cases := _cases(cells[2])):
            yield number, cases, {int(status) for status in STATUS.findall(cells[3])}


def _constants(node: ast.expr) -> Iterator[int]:
    """The numbers that an expression may be, as far as they stand in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield int(node.value)
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def _of_loops(test: ast.FunctionDef, name: str) -> Iterator[int]:
    """The numbers that a loop over written tuples gives to a name."""
    for loop in ast.walk(test):
        if not isinstance(loop, ast.For) or not isinstance(loop.target, ast.Tuple) \
                or not isinstance(loop.iter, ast.Tuple):
            continue
        names = [getattr(target, 'id', '') for target in loop.target.elts]
        for row in loop.iter.elts:
            if name in names and isinstance(row, ast.Tuple):
                yield from _constants(row.elts[names.index(name)])


def _statuses(test: ast.FunctionDef) -> Iterator[int]:
    for node in ast.walk(test):
        if isinstance(node, ast.Call):
            called = getattr(node.func, 'attr', getattr(node.func, 'id', ''))
            if called in MEANS:
                yield MEANS[called]
            elif called in ASKS and len(node.args) > ASKS[called]:
                status = node.args[ASKS[called]]
                yield from _constants(status)
                yield from _of_loops(test, getattr(status, 'id', ''))
        elif isinstance(node, ast.Compare) and getattr(node.left, 'attr', '') == 'status' \
                and isinstance(node.ops[0], ast.Eq):
            yield from _constants(node.comparators[0])


def of_tests(folder: Path) -> dict[int, set[int]]:
    """The statuses that the tests of each case expect."""
    found = defaultdict(set)
    for path in sorted(folder.glob('test_hostile*.py')):
        for test in ast.parse(path.read_text()).body:
            if not isinstance(test, ast.FunctionDef) or not test.name.startswith('test_'):
                continue
            named = re.match(r'test_d(\d+)_', test.name)
            cases = _cases(ast.get_docstring(test) or '')
            for case in cases | ({int(named[1])} if named else set()):
                found[case].update(_statuses(test))
    return dict(found)


def differences(text: str, tests: dict[int, set[int]]) -> list[str]:
    """What the page says and the tests do not, and the other way round."""
    found, told = [], set()
    for line, cases, statuses in of_page(text):
        told |= cases
        expected = set().union(*(tests.get(case, set()) for case in cases))
        found += [f'line {line}: D{case} has no test' for case in sorted(cases - set(tests))]
        if statuses != expected:
            found.append(f'line {line}: the page says {sorted(statuses)}, the tests '
                         f'expect {sorted(expected)}')
    return found + [f'D{case} is not on the page' for case in sorted(set(tests) - told)]
