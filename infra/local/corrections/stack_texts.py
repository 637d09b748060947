"""Texts of stacks: events and lists.

The platform: tells events newest first, in the order in which they happened; a parameter that is a list is one where it is
joined.
MiniStack: events of one millisecond come the other way round; the letters of the list's text are joined.
"""

import threading
from datetime import datetime, timedelta, timezone

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, engine, handlers, stacks


lock = threading.Lock()


def apply():
    add, resolve = stacks._add_event, engine._resolve_refs

    def add_event(stack_id, *arguments, **named):
        # What waits for fleet or a function tells of it from a thread of its own.
        with lock:
            add(stack_id, *arguments, **named)
            events = cloudformation._stack_events[stack_id]
            if len(events) > 1 and events[-1]["Timestamp"] <= events[-2]["Timestamp"]:
                events[-1]["Timestamp"] = text_of(moment_of(events[-2]["Timestamp"]) + timedelta(milliseconds=1))

    def resolve_refs(value, *arguments):
        if isinstance(value, dict) and "Fn::Join" in value:
            separator, items = value["Fn::Join"]
            if isinstance(items, dict):
                found = resolve_refs(items, *arguments)
                value = {"Fn::Join": [separator, found.split(",") if isinstance(found, str) else found]}
        return resolve(value, *arguments)

    for module in (stacks, handlers, changesets):
        module._add_event = add_event
    for module in (engine, stacks, handlers, changesets):
        module._resolve_refs = resolve_refs


def moment_of(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)


def text_of(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
