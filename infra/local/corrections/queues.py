"""Event source mappings of SQS queues.

The platform: within a message group strictly in order and one batch in flight, groups side by side; what a batch reports
as failed, or all of it when the function fails, stays invisible until its visibility timeout is over and blocks its group
meanwhile. MiniStack: one thread for all mappings, which looks once a second, and records without MessageGroupId.
Everything here runs on MiniStack's event loop: its queues are plain lists that only the loop may change.
"""

import asyncio
import logging
import os
import time
import uuid
from urllib.parse import urlparse

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import lambda_svc, sqs

LOOK_SECONDS = 0.02
STANDARD_CONCURRENCY_MAX = 5

logger = logging.getLogger("stage")
_flying = set()
_tasks = set()


def apply():
    lambda_svc._poll_sqs = lambda: False
    # Queue URLs name the public endpoint: SDKs send to the URL itself, whatever endpoint they were given.
    public = urlparse(os.environ["FLEET_URL"])
    sqs.DEFAULT_HOST, sqs.DEFAULT_PORT, sqs._CANONICAL_NETLOC = public.hostname, str(public.port), public.netloc


def keep(work):
    """Runs a coroutine on the loop. The loop holds tasks weakly: one that nobody else holds may vanish half done."""
    task = asyncio.get_running_loop().create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def watch():
    while True:
        for account, region, mapping in list(lambda_svc._iter_all_esms()):
            with request_scope(account, region):
                try:
                    pump(mapping)
                except Exception:
                    logger.exception("event source mapping %s", mapping.get("UUID"))
        await asyncio.sleep(LOOK_SECONDS)


def pump(mapping):
    queue = sqs._queue_by_arn(mapping.get("EventSourceArn", ""))
    if not queue or not mapping.get("Enabled", True):
        return
    function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
    if function is None:
        return
    sqs._dlq_sweep(queue)
    expire(queue)
    for lane, batch in ready(queue, mapping):
        take(queue, batch)
        _flying.add(lane)
        keep(deliver(queue, mapping, function, lane, batch))


def expire(queue):
    """Messages older than the retention period are gone."""
    oldest = time.time() - int(queue["attributes"].get("MessageRetentionPeriod", "345600"))
    queue["messages"][:] = [message for message in queue["messages"] if message["sent_at"] > oldest]


def ready(queue, mapping):
    """The next batch of every lane that is free: a lane is a message group, or one of five of a standard queue."""
    now, size, lanes = time.time(), int(mapping.get("BatchSize", 10)), {}
    for message in queue["messages"]:
        lanes.setdefault(message.get("group_id") if queue["is_fifo"] else 0, []).append(message)
    room = int((mapping.get("ScalingConfig") or {}).get("MaximumConcurrency", 1000))
    room -= sum(1 for lane in _flying if lane[0] == mapping["UUID"])
    for group, messages in lanes.items():
        if not queue["is_fifo"]:
            messages = [message for message in messages if message["visible_at"] <= now]
            group = next((n for n in range(STANDARD_CONCURRENCY_MAX) if (mapping["UUID"], n) not in _flying), None)
        lane = (mapping["UUID"], group)
        blocked = group is None or lane in _flying or room <= 0
        if blocked or not messages or any(message["visible_at"] > now for message in messages[:size]):
            continue
        room -= 1
        yield lane, messages[:size]


def take(queue, batch):
    until = time.time() + int(queue["attributes"].get("VisibilityTimeout", "30"))
    for message in batch:
        message["receipt_handle"] = str(uuid.uuid4())
        message["visible_at"] = until
        message["receive_count"] += 1
        message["first_receive_at"] = message.get("first_receive_at") or time.time()


async def deliver(queue, mapping, function, lane, batch):
    try:
        records = [record_of(message, mapping) for message in batch]
        wanted = lambda_svc._apply_filter_criteria(records, mapping)
        failed = await invoke(function, mapping, wanted) if wanted else set()
        done = {id(message) for message in batch if message["id"] not in failed}
        queue["messages"][:] = [message for message in queue["messages"] if id(message) not in done]
    except Exception:
        logger.exception("delivery of %s", mapping["EventSourceArn"])
    finally:
        _flying.discard(lane)


async def invoke(function, mapping, records):
    """Runs the function on the records; returns the ids of those that did not succeed."""
    result = await asyncio.to_thread(lambda_svc._execute_function, function, {"Records": records})
    everything = {record["messageId"] for record in records}
    if result.get("error"):
        logger.warning("%s failed on a batch: %s\n%s", mapping["FunctionName"], result.get("body"), result.get("log", ""))
        return everything
    body = result.get("body")
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or []) or not isinstance(body, dict):
        return set()
    failed = {failure.get("itemIdentifier") for failure in body.get("batchItemFailures") or []}
    # An identifier that is not of this batch counts as failure of the whole batch, as on the platform.
    return failed if failed <= everything else everything


def record_of(message, mapping):
    attributes = {
        "ApproximateReceiveCount": str(message["receive_count"]),
        "SentTimestamp": str(int(message["sent_at"] * 1000)),
        "SenderId": get_account_id(),
        "ApproximateFirstReceiveTimestamp": str(int(message["first_receive_at"] * 1000)),
    }
    if message.get("group_id"):
        attributes |= {
            "MessageGroupId": message["group_id"], "SequenceNumber": message.get("seq") or "",
            "MessageDeduplicationId": message.get("dedup_id") or "",
        }
    return {
        "messageId": message["id"], "receiptHandle": message["receipt_handle"], "body": message["body"],
        "attributes": attributes, "md5OfBody": message.get("md5_body") or "", "eventSource": "aws:sqs",
        "messageAttributes": lambda_svc._sqs_message_attributes_to_camel_case(message.get("message_attributes") or {}),
        "eventSourceARN": mapping["EventSourceArn"], "awsRegion": get_region(),
    }
