"""CloudFormation's order of work: what a failed stack undoes, and how.

The platform: a failed create deletes what was made, the resource that failed included; a failed update turns each change
back with the properties swapped; a new physical id means that the old resource is deleted once the update is done; a
resource whose properties stay equal is not touched, one whose policy says so is kept; a deletion that fails ends in
DELETE_FAILED.
MiniStack: none of these.
"""

import asyncio

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, engine, handlers, stacks

from .stack_run import CANCELLED, Run


def apply():
    for module in (stacks, handlers, changesets):
        module._deploy_stack_async = deploy
        module._delete_stack_async = delete
    create = handlers._ACTION_HANDLERS["CreateStack"]
    handlers._ACTION_HANDLERS["CreateStack"] = lambda params: refuse_rolled_back(params) or create(params)


def refuse_rolled_back(params):
    """The platform keeps the name of a rolled-back stack until that stack is deleted."""
    name = handlers._p(params, "StackName")
    stack = cloudformation._stacks.get(name)
    if stack and stack["StackStatus"] == "ROLLBACK_COMPLETE":
        return handlers._error("AlreadyExistsException", f"Stack [{name}] already exists")
    return None


# By the id of their stack: the operations that make or change one now, and the last one that was rolled back.
running, rolled_back = {}, {}


async def deploy(stack_name, stack_id, template, param_values, disable_rollback, tags, is_update=False, previous_stack=None):
    run = Run(stack_name, stack_id, template, param_values, previous_stack if is_update else None)
    try:
        wanted = [
            logical_id for logical_id in engine._topological_sort(template.get("Resources", {}), run.conditions)
            if run.conditions.get(template["Resources"][logical_id].get("Condition"), True)
        ]
        running[stack_id] = run
        for logical_id in wanted:
            if run.cancelled:
                raise RuntimeError(CANCELLED)
            await run.put(logical_id)
            await asyncio.sleep(0)
        run.publish()
    except Exception as error:
        if disable_rollback:
            run.stack["_resources"] = run.resources
            run.status(f"{run.word}_FAILED", str(error))
        else:
            rolled_back[stack_id] = run
            await run.roll_back(str(error), previous_stack if is_update else None)
        return
    finally:
        running.pop(stack_id, None)
    if is_update:
        run.status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    gone = [(logical_id, record) for logical_id, record in run.previous.items() if logical_id not in wanted]
    before = (previous_stack or {}).get("_template", {}).get("Resources", {})
    old = [entry for entry in reversed(run.outdated) if template["Resources"][entry[0]].get("UpdateReplacePolicy") != "Retain"]
    old += [entry for entry in reversed(gone) if before.get(entry[0], {}).get("DeletionPolicy") != "Retain"]
    for logical_id, record in old:
        await run.remove(logical_id, record)  # A failure here does not fail the update, as on the platform.
    for logical_id, _ in gone:
        run.resources.pop(logical_id, None)
    run.status(f"{run.word}_COMPLETE")


async def delete(stack_name, stack_id):
    stack = cloudformation._stacks.get(stack_name)
    if not stack or stack["StackStatus"] == "DELETE_IN_PROGRESS":
        return
    run = Run(stack_name, stack_id, stack["_template"], stack["_resolved_params"], {"_resources": stack["_resources"]})
    run.status("DELETE_IN_PROGRESS")
    order = engine._topological_sort(run.template.get("Resources", {}), run.conditions)
    order += [logical_id for logical_id in run.resources if logical_id not in order]
    for logical_id in reversed(order):
        record = run.resources.get(logical_id)
        problem = await run.remove(logical_id, record) if record else None
        if problem:
            run.status("DELETE_FAILED", problem)
            return
        stack["_resources"].pop(logical_id, None)
    for output in stack.get("Outputs", []):
        cloudformation._exports.pop(output.get("ExportName", ""), None)
    run.status("DELETE_COMPLETE")
