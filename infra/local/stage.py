"""Starts MiniStack 1.4.21 with what differs from the platform put right.

MiniStack's own files stay untouched: every correction replaces a function or a table of the imported modules, and says
what the platform does instead. FLEET_URL names fleet, which owns Auto Scaling groups and instances.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from corrections import changesets, conditions, custom_resources, events, functions, queues, resources, route53, stack_texts, stacks, targets  # noqa: E402


def main():
    for correction in (stacks, stack_texts, conditions, changesets, custom_resources, resources, functions, queues, events, route53, targets):
        correction.apply()
    from ministack.app import main as run
    from ministack.services import eventbridge

    # MiniStack calls this on its event loop at start; a thread of its own would change queues behind the loop's back.
    eventbridge.start_scheduler = lambda: [queues.keep(loop()) for loop in (queues.watch, events.tick)]
    run()


if __name__ == "__main__":
    main()
