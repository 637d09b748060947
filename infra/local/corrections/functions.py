"""Lambda: the time that is left, invocations side by side, and those that are under way when the code changes."""

import contextlib
import threading

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

FIXED_TIME = "getRemainingTimeInMillis: () => 300000,"
# Functions end their work by this clock. It starts when the invocation does, and ends where MiniStack kills the process.
REAL_TIME = (
    "getRemainingTimeInMillis: ((endsAt) => () => Math.max(0, endsAt - Date.now()))"
    "(Date.now() + 1000 * Number(process.env._LAMBDA_TIMEOUT)),"
)
# MiniStack's tables of workers are keyed by qualifier; a suffix gives each concurrent invocation a process of its own.
CONCURRENCY_MAX = 50

_busy = {}
_lock = threading.Lock()


def apply():
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    if FIXED_TIME not in script:
        raise SystemExit("MiniStack's Node worker is not the one that was corrected: is it version 1.4.21?")
    lambda_runtime._NODEJS_WORKER_SCRIPT = script.replace(FIXED_TIME, REAL_TIME)
    original = lambda_svc._execute_function_warm
    lambda_svc._execute_function_warm = lambda function, event: side_by_side(original, function, event)
    lambda_svc.invalidate_worker = retire


def side_by_side(original, function, event):
    """The platform starts another execution environment while one is busy; MiniStack has one per function and waits."""
    config = function.get("config") or function
    name = config["FunctionName"]
    with slot_of(name) as slot:
        version = config.get("Version", "$LATEST") + (f"+{slot}" if slot else "")
        return original({**function, "config": {**config, "Version": version}}, event)


@contextlib.contextmanager
def slot_of(name):
    with _lock:
        taken = _busy.setdefault(name, set())
        slot = next(number for number in range(CONCURRENCY_MAX) if number not in taken)
        taken.add(slot)
    try:
        yield slot
    finally:
        with _lock:
            taken.discard(slot)


def retire(name, *_, **__):
    """New code or settings are for new invocations; the platform lets those under way end with the old ones. MiniStack
    kills them, and only in the slot whose qualifier it knows."""
    with lambda_runtime._lock:
        old = [key for key in lambda_runtime._workers if key.split(":")[-2] == name]
        workers = [lambda_runtime._workers.pop(key) for key in old]
    for worker in workers:
        threading.Thread(target=end_when_idle, args=(worker,), daemon=True).start()


def end_when_idle(worker):
    with worker._lock:
        worker.kill()
