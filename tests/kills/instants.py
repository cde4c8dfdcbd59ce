# SPDX-License-Identifier: Apache-2.0
"""The instants at which a program is killed, as words that can be given back:

    before state 7, within send 3, after send 12, past send 12 by 250, at 137 ms

`state` counts durable writes below the state directory and `send` those to sockets, since the
start of the program (killat.c); `by` is in microseconds.  A step is an instant and the pause
before the next start: `after send 12 / 10`.
"""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass

PAUSES_MS = (0, 10, 1_000)
MOMENTS = ('before', 'within', 'after', 'past')
KINDS = ('state', 'send')
WORDS = re.compile(r'\s*((?:before|within|after) (?:state|send) \d+|past (?:state|send) \d+ by '
                   r'\d+|at \d+ ms)\s*/\s*(\d+)\s*')
PAST_US = (50, 50_000)
START_SHARE = 0.05          # at a time from the start
START_MS = (5, 300)
# Behind the log-in, where mail is on its way, and not so far that one kill is the last.
MIDDLE_SHARE = 0.8
# The look-up of what is in doubt waits a minute; a kill may fall into any second of it.
WAIT_MS = (2_000, 62_000)
WAIT_CHANCE = 4             # one mailbox of so many is killed in the middle of such a wait


@dataclass(frozen=True)
class Step:
    """One kill and the pause behind it."""
    words: str              # for killat.c, or `at N ms`
    pause_ms: int

    @property
    def at_ms(self) -> int | None:
        """Milliseconds after the start, when that is what counts."""
        match = re.fullmatch(r'at (\d+) ms', self.words)
        return int(match[1]) if match else None

    def __str__(self) -> str:
        return f'{self.words} / {self.pause_ms}'


@dataclass(frozen=True)
class Reach:
    """How far a run comes: its counts of events, and its time."""
    state: int
    send: int
    seconds: float


def parse(text: str) -> list[Step]:
    """The steps of a plan, as a failure prints them."""
    steps = []
    for part in text.split(','):
        match = WORDS.fullmatch(part)
        if not match:
            raise ValueError(f'"{part.strip()}" is no step; one is "after send 12 / 10".')
        steps.append(Step(match[1], int(match[2])))
    return steps


def shown(steps: list[Step]) -> str:
    """The inverse."""
    return ', '.join(map(str, steps))


class Plan:
    """The steps of one mailbox, and how often new mail comes to it between them."""
    arrivals: int

    def __len__(self) -> int:
        raise NotImplementedError

    def step(self, number: int, reach: Reach) -> Step:
        """The next one, counted from 0; `reach` is how far an undisturbed run comes."""
        raise NotImplementedError


class Fixed(Plan):
    """Steps that are given."""

    def __init__(self, steps: list[Step], arrivals: int) -> None:
        self.steps = steps
        self.arrivals = arrivals

    def __len__(self) -> int:
        return len(self.steps)

    def step(self, number: int, reach: Reach) -> Step:
        return self.steps[number]


def around(reach: Reach) -> list[str]:
    """Before and after each durable write, and around each send, that a run comes to."""
    return [f'{moment} {kind} {number + 1}'
            for kind, count, moments in (('state', reach.state, ('before', 'after')),
                                         ('send', reach.send, ('before', 'within', 'after')))
            for number in range(count) for moment in moments]


class Drawn(Plan):
    """Steps by a seed; what comes first is given."""

    def __init__(self, seed: str, kills: int, arrivals: int, first: str, may_wait: bool
                 ) -> None:
        self.random = random.Random(seed)
        self.kills = kills
        self.arrivals = arrivals
        self.first = first
        # The step that falls into a long wait; mostly none.
        self.wait = self.random.randrange(WAIT_CHANCE * kills) if may_wait else kills

    def __len__(self) -> int:
        return self.kills

    def step(self, number: int, reach: Reach) -> Step:
        if number == 0:
            words = self.first
        elif number == self.wait:
            words = f'at {self.random.randrange(*WAIT_MS)} ms'
        else:
            words = self._words(reach)
        return Step(words, PAUSES_MS[number % len(PAUSES_MS)])

    def _words(self, reach: Reach) -> str:
        if self.random.random() < START_SHARE:
            return f'at {self.random.randint(*START_MS)} ms'
        kind = self.random.choices(KINDS, (reach.state > 0, reach.send > 0))[0]
        last = reach.state if kind == 'state' else reach.send
        first = 1
        if self.random.random() < MIDDLE_SHARE:
            first, last = max(last // 4, 1), max(last // 2, 1)
        number = self.random.randint(first, last)
        moment = self.random.choice(MOMENTS)
        if moment != 'past':
            return f'{moment} {kind} {number}'
        by_us = math.exp(self.random.uniform(*map(math.log, PAST_US)))
        return f'past {kind} {number} by {by_us:.0f}'
