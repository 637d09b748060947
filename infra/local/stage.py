"""Starts MiniStack 1.4.21 with what differs from the platform put right.

MiniStack's own files stay untouched: every correction replaces a function or a table of the imported modules, and says
what the platform does instead. FLEET_URL names fleet, which owns Auto Scaling groups and instances. The port is chosen
here and told in STAGE_PORT_FILE.
"""

import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def take_port():
    """A free port that stays ours: held by a socket that never listens, until MiniStack listens at it, too. Between
    looking for a free port and listening, seconds on a busy machine, somebody else would be given it now and then."""
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


HELD = take_port()
os.environ["GATEWAY_PORT"] = str(HELD.getsockname()[1])

from corrections import changesets, conditions, custom_resources, events, function_urls, functions, queues, resources, route53, signals, stack_texts, stacks, targets  # noqa: E402


def tell_port():
    path = os.environ.pop("STAGE_PORT_FILE")
    with open(f"{path}.new", "w") as file:
        file.write(os.environ["GATEWAY_PORT"])
    os.replace(f"{path}.new", path)


def main():
    tell_port()
    corrections = (stacks, stack_texts, conditions, changesets, custom_resources, resources, signals, functions, function_urls, queues, events,
                   route53, targets)
    for correction in corrections:
        correction.apply()
    from ministack.app import main as run
    from ministack.services import eventbridge

    # MiniStack calls this on its event loop at start; a thread of its own would change queues behind the loop's back.
    eventbridge.start_scheduler = lambda: [queues.keep(loop()) for loop in (queues.watch, events.tick)]
    run()


if __name__ == "__main__":
    main()
