#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""play.py GODWIT MODELSERVER FILE.script: a copy with a model server that plays the script.

Once the server is the source, once the destination; a mailbox that is well stands at the other
end. Besides the script, these lines say how it is played and what must come of it:

    #! certificate NAME      of tests/e2e/certificates.py; without: no encryption
    #! starttls              encryption is to begin by STARTTLS
    #! host ADDRESS          how it is called, instead of localhost
    #! options WORD...       further options of the copy
    #! source                only there, since it waits for a long time
    #! status N              the exit status, with one sentence
    #! says REGEX            what that sentence must hold
    #! commands NAME...      all that the server may hear
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

E2E = Path(__file__).resolve().parents[1] / 'e2e'


def directives(path: Path) -> dict[str, str]:
    """The lines that begin with "#!", by their first word."""
    found = {}
    for line in path.read_text().splitlines():
        if line.startswith('#! '):
            name, _, value = line[3:].partition(' ')
            found[name] = value
    unknown = set(found) - {'certificate', 'starttls', 'host', 'options', 'source', 'status',
                            'says', 'commands'}
    assert not unknown and 'status' in found, f'{path}: {unknown or "no status"}'
    return found


def play(path: Path, side: str, order: dict[str, str]) -> None:
    """One copy, and all that must hold after it."""
    from modelpair import Pair
    from support import Case

    settings = {'rules': path.read_text()}
    for name in ('certificate', 'host'):
        if name in order:
            settings[name] = order[name]
    if 'starttls' in order:
        settings['starttls'] = True
    with tempfile.TemporaryDirectory() as folder, Case(Path(folder)) as case:
        pair = Pair(case, **{side: settings})
        run = pair.copy(*order.get('options', '').split())
        run.expect_sentence(int(order['status']), order.get('says', '.'))
        pair.expect_honest(run)
        server = getattr(pair, side)
        strange = set(server.commands()) - set(order.get('commands', '').split())
        assert not strange, f'It heard {strange}.\n{run}'
        assert 'certificate' not in order or server.log_ins(tls=False) == 0, run
        assert not pair.dst.by_uid(), f'There is mail at the destination.\n{run}'


def main() -> int:
    """The program."""
    os.environ['GODWIT'], os.environ['MODELSERVER'] = sys.argv[1:3]
    sys.path.insert(0, str(E2E))
    path = Path(sys.argv[3])
    order = directives(path)
    sides = ('src',) if 'source' in order else ('src', 'dst')
    for side in sides:
        try:
            play(path, side, order)
        except AssertionError as error:
            print(f'{path.name}, {side}: {error}')
            print('0 passed, 1 failed')
            return 1
    print('1 passed, 0 failed')
    return 0


if __name__ == '__main__':
    sys.exit(main())
