# SPDX-License-Identifier: Apache-2.0
"""Godwit with a fast clock, so that its deadlines of minutes can be waited for.

    case.prefix = hurry.prefix(case.folder, 100)
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / 'hurry.c'


def prefix(folder: Path, factor: int) -> list[str]:
    """Words before a command in which the monotonic clock then runs so many times as fast."""
    library = folder / 'hurry.so'
    subprocess.run([os.environ.get('CC', 'cc'), '-shared', '-fPIC', '-O1', '-D_GNU_SOURCE',
                    '-o', str(library), str(SOURCE)], check=True)
    # AddressSanitizer wants to come first of all libraries; it can do without these two calls.
    options = os.environ.get('ASAN_OPTIONS', '')
    return ['env', f'LD_PRELOAD={library}', f'HURRY={factor}',
            f'ASAN_OPTIONS={options + ":" if options else ""}verify_asan_link_order=0']
