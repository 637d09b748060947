"""EventBridge: schedules to the second, deduplication towards FIFO queues, the time that an entry states."""

import asyncio
import contextvars
import json
import logging

from ministack.services import eventbridge, sqs

logger = logging.getLogger("stage")
_stated_time = contextvars.ContextVar("stated_time", default=None)


def apply():
    eventbridge._dispatch_to_sqs = to_queue
    now = eventbridge._now_ts
    eventbridge._now_ts = lambda: _stated_time.get() or now()
    put = eventbridge._put_events
    eventbridge._put_events = lambda data: put_with_time(put, data)


async def tick():
    """Looks for schedules that are due every second; MiniStack does every ten."""
    while True:
        await asyncio.sleep(1)
        try:
            eventbridge._tick_scheduled_rules()
        except Exception:
            logger.exception("schedules")


def to_queue(spec, payload, sqs_parameters=None):
    """A rule or schedule delivers by SendMessage: an equal body within five minutes is swallowed by a FIFO queue with
    content-based deduplication, and a FIFO queue without a message group refuses."""
    queue = sqs._queue_by_arn(str(spec))
    if not queue:
        logger.warning("rule target %s does not exist", spec)
        return
    message = {"QueueUrl": queue["url"], "MessageBody": payload}
    if queue["is_fifo"]:
        message["MessageGroupId"] = (sqs_parameters or {}).get("MessageGroupId")
    try:
        sqs._act_send_message(message, queue["url"])
    except Exception as error:
        logger.warning("rule target %s refused the event: %s", spec, error)


def put_with_time(put, data):
    """The platform delivers the Time that an entry states; MiniStack puts its own."""
    entries = data.get("Entries", [])
    if not entries or len(entries) > 10:
        return put(data)
    answers = [put_one(put, entry) for entry in entries]
    bodies = [json.loads(body) for _, _, body in answers]
    merged = {
        "FailedEntryCount": sum(body["FailedEntryCount"] for body in bodies),
        "Entries": [entry for body in bodies for entry in body["Entries"]],
    }
    return eventbridge.json_response(merged)


def put_one(put, entry):
    stated = entry.get("Time")
    token = _stated_time.set(stated if isinstance(stated, (int, float)) else None)
    try:
        return put({"Entries": [entry]})
    finally:
        _stated_time.reset(token)
