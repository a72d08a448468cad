"""Who may write a checkpoint: the lease beside it, in the form that Sluice writes and reads (docs/decisions/lease.md).

Every take has an epoch of its own, claimed by creating `_sluice/epochs/<epoch>`: of racing takers one succeeds, and the
highest epoch is the owner. Spark cannot be asked before each of its writes. So it takes over only from an owner that
has given the lease back or is certainly dead, and an owner that cannot renew ends its own process in time.
"""

import json
import os
import socket
import threading
import time
import uuid

EXPIRY_S = 60
RENEWAL_S = 10
GIVE_UP_S = 40

EPOCHS = "_sluice/epochs"


class OwnedByOther(Exception):
    """Somebody else holds the lease; the text says who."""


class Lease:
    """The right to write. Renewed by a thread until `release`; a lost one calls `on_lost` once."""

    def __init__(self, store, mine, on_lost):
        self._store = store
        self._mine = mine
        self._on_lost = on_lost
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="sluice-lease", daemon=True)
        self._thread.start()

    @property
    def epoch(self):
        return self._mine["epoch"]

    def check(self):
        """Raises OwnedByOther when somebody else has taken over: asked before each commit that can still be held back."""
        if _highest_epoch(self._store) != self.epoch:
            raise OwnedByOther(_describe(read_owner(self._store) or self._mine))

    def release(self):
        """Gives the lease back, so that the next owner need not wait."""
        self._done.set()
        self._thread.join()
        if _highest_epoch(self._store) == self.epoch:
            self._write(released=True)

    def _renew(self):
        renewed = time.monotonic()
        while not self._done.wait(RENEWAL_S):
            try:
                if _highest_epoch(self._store) != self.epoch:
                    return self._on_lost("somebody else has taken the lease")
                self._write(released=False)
                renewed = time.monotonic()
            except Exception as error:  # Whatever keeps us from renewing, the deadline decides.
                if time.monotonic() - renewed > GIVE_UP_S:
                    return self._on_lost(f"the lease could not be renewed for {GIVE_UP_S} s: {error}")

    def _write(self, released):
        self._mine = {**self._mine, "renewedAt": _now_ms(), "released": released}
        self._store.put(_key(self.epoch), _serialize(self._mine))


def check_free(store, owner_is_dead=False):
    """Raises OwnedByOther unless the last owner has gone for certain. Answers its claim, or None.

    `owner_is_dead`: a person knows that it is, where this machine cannot tell.
    """
    current = read_owner(store)
    if current is None or current["released"] or _is_dead(current) or owner_is_dead:
        return current
    raise OwnedByOther(_describe(current))


def take_lease(store, pid, on_lost, owner_is_dead=False):
    """Takes the lease of a checkpoint for the process that will write, or raises OwnedByOther."""
    current = check_free(store, owner_is_dead)
    epoch = (current["epoch"] if current else 0) + 1
    now = _now_ms()
    mine = {
        "runId": str(uuid.uuid4()),
        "host": socket.gethostname(),
        "pid": pid,
        "epoch": epoch,
        "since": now,
        "renewedAt": now,
        "started": _process_start(pid),
        "machine": _machine_id(),
        "expiryMs": EXPIRY_S * 1000,
        "renewalMs": RENEWAL_S * 1000,
        "released": False,
        "engine": "spark",
    }
    claimed = store.put_if_absent(_key(epoch), _serialize(mine))
    # A taker that slept between looking and claiming may have claimed an epoch of the past.
    if not claimed or _highest_epoch(store) != epoch:
        raise OwnedByOther(_describe(read_owner(store) or mine))
    for older in _epochs(store):
        if older < epoch:
            store.delete(_key(older))
    return Lease(store, mine, on_lost)


def read_owner(store):
    epoch = _highest_epoch(store)
    data = None if epoch is None else store.get(_key(epoch))
    return None if data is None else json.loads(data)


def _key(epoch):
    return f"{EPOCHS}/{epoch}"


def _epochs(store):
    return [int(name) for name in store.names(EPOCHS) if name.isdigit()]


def _highest_epoch(store):
    return max(_epochs(store), default=None)


def _is_dead(claim):
    """True only when the process is certainly gone: of another machine, or another container, nothing is known."""
    if claim["host"] != socket.gethostname() or claim.get("machine") != _machine_id():
        return False
    return not _is_alive(claim["pid"], claim.get("started"))


def _machine_id():
    """One boot and one space of process numbers: containers of one name have different ones."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
            return f"{file.read().strip()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return None


def _is_alive(pid, started):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # It lives and belongs to somebody else.
    fields = _process_fields(pid)
    if fields and fields[0] == "Z":
        return False  # It has ended, and only its parent has not asked for its exit code yet.
    now = _process_start(pid)
    return started is None or now is None or now == started


def _process_start(pid):
    """When the process started, in the kernel's own count."""
    fields = _process_fields(pid)
    return fields[19] if fields else None


def _process_fields(pid):
    """The fields behind the name, which stands in brackets and may hold spaces."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            text = stat.read()
        return text[text.rindex(")") + 2 :].split(" ")
    except OSError:
        return None


def _describe(lease):
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(lease["since"] / 1000))
    return (
        f"The checkpoint is held by run {lease['runId']}, process {lease['pid']} on {lease['host']}, since {since}. "
        "Stop that one first. If it died on another machine, say so with --owner-is-dead."
    )


def _now_ms():
    return int(time.time() * 1000)


def _serialize(lease):
    return json.dumps(lease, separators=(",", ":")).encode()
