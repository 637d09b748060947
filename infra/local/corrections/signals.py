"""What is said to a stack that works: signals, and that it is to stop.

The platform: takes signals for a resource that waits for them and refuses others; cancels an update, which then is rolled
back; goes on with a rollback that failed.
MiniStack: has none of these actions.
"""

import asyncio

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers
from ministack.services.cloudformation import stacks as ministack_stacks
from ministack.services.cloudformation.helpers import _error, _p, _xml

from . import stacks
from .group_updates import GROUP
from .resources import fleet

SIGNALLED = ("LogicalResourceId", "StackName", "Status", "UniqueId")


def apply():
    handlers._ACTION_HANDLERS |= {
        "SignalResource": signal, "CancelUpdateStack": cancel_update, "ContinueUpdateRollback": continue_rollback,
    }


def stack_of(params):
    asked = _p(params, "StackName")
    named = [one for one in cloudformation._stacks.values() if asked in (one["StackName"], one["StackId"])]
    return next((one for one in named if one["StackStatus"] != "DELETE_COMPLETE" or asked == one["StackId"]), None)


def refuse(words):
    return _error("ValidationError", words)


def signal(params):
    """Any sender counts, once; the platform does not say whether it is one of the group's own."""
    missing = [name for name in SIGNALLED if not _p(params, name)]
    stack, logical_id, status = stack_of(params), _p(params, "LogicalResourceId"), _p(params, "Status")
    if missing or status not in ("SUCCESS", "FAILURE"):
        return refuse(f"1 validation error detected: Value at '{missing[0] if missing else 'status'}' failed to satisfy constraint")
    if stack is None:
        return refuse(f"Stack '{_p(params, 'StackName')}' does not exist")
    if not stack["StackStatus"].endswith("_IN_PROGRESS"):
        return refuse(f"Stack {stack['StackId']} is in {stack['StackStatus']} state and cannot be signaled")
    record = stack["_resources"].get(logical_id)
    if record is None:
        return refuse(f"Resource {logical_id} does not exist for stack {stack['StackId']}")
    waits = record["ResourceType"] == GROUP and fleet(
        "signal", name=record["PhysicalResourceId"], uniqueId=_p(params, "UniqueId"), status=status)["accepted"]
    if not waits:
        return refuse(f"Resource {logical_id} is in {record.get('ResourceStatus', '')} state and cannot be signaled")
    return _xml(200, "SignalResourceResponse", "")


def cancel_update(params):
    stack = stack_of(params)
    if stack is None:
        return refuse(f"Stack [{_p(params, 'StackName')}] does not exist")
    run = stacks.running.get(stack["StackId"])
    if stack["StackStatus"] != "UPDATE_IN_PROGRESS" or run is None:
        return refuse("CancelUpdateStack cannot be called from current stack status")
    run.cancelled = True
    for record in list(stack["_resources"].values()):
        if record["ResourceType"] == GROUP:
            fleet("cancel", name=record["PhysicalResourceId"])
    return _xml(200, "CancelUpdateStackResponse", "")


def continue_rollback(params):
    stack = stack_of(params)
    if stack is None:
        return refuse(f"Stack [{_p(params, 'StackName')}] does not exist")
    run = stacks.rolled_back.get(stack["StackId"])
    if stack["StackStatus"] != "UPDATE_ROLLBACK_FAILED" or run is None:
        return refuse(f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not continue its rollback.")
    skipped = {values[0] for key, values in params.items() if key.startswith("ResourcesToSkip.member.")}
    stack["StackStatus"] = "UPDATE_ROLLBACK_IN_PROGRESS"
    with ministack_stacks._stack_region_context(stack, stack["StackId"]):
        asyncio.get_running_loop().create_task(run.continue_rollback(skipped))
    return _xml(200, "ContinueUpdateRollbackResponse", "<ContinueUpdateRollbackResult/>")
