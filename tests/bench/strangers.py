# SPDX-License-Identifier: Apache-2.0
"""The cases of the bench with servers other than Dovecot.

Courier takes one message an APPEND and no literal unasked: its limit is a pump that says the
next command in the same breath as the message before it, one round trip a message.
"""

from __future__ import annotations

from pathlib import Path

import mail
from cases import RTT_MS, Bench, Outcome, Verdict
from courier import Courier
from cyrus import Cyrus
from lab import Between, Contest
from tools import Godwit, Place

COURIER_AIM = 1.15
CYRUS_AIM = 1.25
ROUND_TRIPS_AIM = 1.1
COURIER_STYLE = ('--synchronising', '--delimiter', Courier.separator,
                 '--namespace', Courier.prefix)


def _beside(bench: Bench, outcome: Outcome, corpus: str, connections: int,
            style: tuple[str, ...], between: Between, rtt_ms: int | None = None) -> Contest:
    """The pump, Godwit and the peers in turns."""
    limit = bench.limit(corpus, connections, *style)
    godwit = Godwit(bench.lab.kit, '--connections', str(connections))
    outcome.contest = bench.lab.contest(corpus, [limit, godwit, *bench.peers], bench.rounds,
                                        rtt_ms, bench.say, between)
    outcome.limit = limit.name
    return outcome.contest


def _title(what: str, corpus: str, connections: int) -> str:
    about = mail.CORPORA[corpus]
    return (f'{what}: first copy, {about.messages:,} messages of {about.octets / 1e6:.0f} MB '
            f'in {about.folders} folders, {connections} '
            f'connection{"s" * (connections > 1)} per side')


def courier(bench: Bench, corpus: str, connections: int) -> Outcome:
    """From Dovecot to Courier, beside the continuation-pipelined pump."""
    what = f'courier{connections}'
    outcome = Outcome(_title(what, corpus, connections))
    server = bench.lab.stranger(Courier, f'courier-dst{connections}')
    contest = _beside(bench, outcome, corpus, connections, COURIER_STYLE, Between(dst=server))
    outcome.verdicts.append(Verdict(f'{what}: godwit to {outcome.limit}',
                                    contest.ratio('godwit', outcome.limit), COURIER_AIM, ' x'))
    return outcome


def courier_line(bench: Bench, connections: int) -> Outcome:
    """Round trips that a message costs where none may go unasked, over a long line."""
    corpus, what = 'letters', f'courierline{connections}'
    outcome = Outcome(f'{_title(what, corpus, connections)}, at {RTT_MS} ms')
    server = bench.lab.stranger(Courier, f'courier-dst-line{connections}')
    contest = _beside(bench, outcome, corpus, connections, COURIER_STYLE, Between(dst=server),
                      RTT_MS)
    share = mail.CORPORA[corpus].messages / connections
    outcome.verdicts.append(Verdict(
        f'{what}: round trips a message and connection, log-in and folders included',
        contest.wall('godwit') / (RTT_MS / 1_000) / share, ROUND_TRIPS_AIM, ''))
    outcome.remarks.append(f'The pump needs '
                           f'{contest.wall(outcome.limit) / (RTT_MS / 1_000) / share:.2f}.')
    return outcome


def to_cyrus(bench: Bench) -> Outcome:
    """From Dovecot to Cyrus, which subscribes INBOX by itself."""
    outcome = Outcome(_title('tocyrus', 'small', 1))
    server = bench.lab.stranger(Cyrus, 'cyrus-dst')
    contest = _beside(bench, outcome, 'small', 1, (),
                      Between(dst=server, judges_subscriptions=False))
    outcome.verdicts.append(Verdict(f'tocyrus: godwit to {outcome.limit}',
                                    contest.ratio('godwit', outcome.limit), CYRUS_AIM, ' x'))
    return outcome


def from_cyrus(bench: Bench) -> Outcome:
    """From Cyrus, which the pump has filled without subscriptions, to Dovecot."""
    outcome = Outcome(_title('fromcyrus', 'small', 1))
    lab = bench.lab
    server = lab.stranger(Cyrus, 'cyrus-src')
    src = Place(server, next(lab.users[server.name]), server.port)
    streams: Path = bench.limit('small', 1).streams
    lab.kit.pump('write', streams, '--password-file', server.password_file(),
                 '--destination', src.port, '--destination-user', src.user)
    contest = _beside(bench, outcome, 'small', 1, (),
                      Between(src=src, judges_subscriptions=False))
    outcome.verdicts.append(Verdict(f'fromcyrus: godwit to {outcome.limit}',
                                    contest.ratio('godwit', outcome.limit), CYRUS_AIM, ' x'))
    return outcome


CASES = {
    'courier': lambda bench: courier(bench, 'small', 1),
    'courier4': lambda bench: courier(bench, 'manyfolders', 4),
    'courierline': lambda bench: courier_line(bench, 1),
    'courierline4': lambda bench: courier_line(bench, 4),
    'tocyrus': to_cyrus,
    'fromcyrus': from_cyrus,
}
