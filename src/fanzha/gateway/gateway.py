"""Decides what a gateway consists of: its workers, and one process that follows the desk for all of them."""

from __future__ import annotations

import contextlib
import logging
import resource
import signal
import time
from pathlib import Path

from fanzha.gateway.call import Call
from fanzha.gateway.counters import Counters
from fanzha.gateway.host import Host
from fanzha.gateway.http.tokens import Tokens
from fanzha.gateway.log import log_to_stderr
from fanzha.gateway.sample import LastCalls
from fanzha.gateway.settings import Settings, check_apart, check_source
from fanzha.gateway.sharing import Shared
from fanzha.gateway.sip.admission import read_networks
from fanzha.gateway.sip.message import rehearse
from fanzha.gateway.state import live_in
from fanzha.gateway.supervisor import Child, Supervisor, check_doors
from fanzha.gateway.traffic import TRAFFIC
from fanzha.gateway.witness import Witness
from fanzha.gateway.worker import run_worker
from fanzha.numbering.text import mask
from fanzha.policy.follow import Follower
from fanzha.policy.http import HttpSource
from fanzha.policy.source import FolderSource, PolicySource
from fanzha.policy.store import PolicyStore

LOG = logging.getLogger("fanzha.gateway")
_FILES = 20_000  # of a worker: the connections of both doors, and more


def run_gateway(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises UsageError where a door cannot be had or there is no such desk, StorageError for
    a folder of no use, VocabularyError for limits or a failure policy that are wrong: once, not by dying children."""
    check_apart(settings.sip, settings.http)
    check_doors(settings.sip, settings.http)
    if settings.source:
        check_source(settings.source)
    settings.token()
    settings.networks()
    read_networks(settings.edges, where="--edge")
    _more_files()
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    PolicyStore(settings.policy, set(settings.trusted))
    live_in(settings.state, None)
    Tokens(settings.state / "tokens.json").all()
    Witness(settings.state, now=time.time_ns() // 1000, more=TRAFFIC).close()
    log_to_stderr()
    LOG.info("getting ready; the first start on a machine compiles for a minute")
    warm()
    shared = Shared(settings.state, now=time.time_ns() // 1000)
    LOG.info("counters: %s", "those of a gateway that runs already" if shared.joined else "fresh")
    counters = shared.counters
    LOG.info("listening: sip %s, http %s, %d workers", settings.sip, settings.http, settings.workers)
    children = [Child(f"worker-{at}", run_worker, (settings, counters)) for at in range(settings.workers)]
    if settings.source:
        children.append(Child("follower", run_follower, (settings,)))
    try:
        Supervisor(children).run()
    finally:
        shared.close()


def _more_files() -> None:
    """As many open files as this user may have: 1,024, as most systems begin with, is less than our connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))


def warm() -> None:
    """Have every kernel compiled before workers are forked: none of them then keeps a caller waiting for it."""
    now = time.time_ns() // 1000
    counters = Counters(now=now)
    host = Host(None, counters)
    host.ask(Call(key="warm", caller="+8613800000000", callee="+8613900000000", at=now, ingress="international"))
    counters.answered(1, now)
    counters.ended(1, now)
    counters.sweep(now)
    mask("+8613800000000")
    rehearse()


def run_follower(settings: Settings) -> None:
    """Ask the desk, take what it has; the workers notice. Ends on SIGTERM."""
    store = PolicyStore(settings.policy, set(settings.trusted), seen=LastCalls(settings.state / "verdicts"))
    store.load()
    follower = Follower(store, _source(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with contextlib.suppress(KeyboardInterrupt):
        follower.run()


def _leave(*_: object) -> None:
    raise KeyboardInterrupt  # out of a long poll, which nothing else ends


def _source(settings: Settings) -> PolicySource:
    if settings.source.startswith(("http://", "https://")):
        return HttpSource(settings.source, settings.policy, token=settings.token())
    return FolderSource(Path(settings.source))
