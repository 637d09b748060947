"""CloudFormation's order of work: what a failed stack undoes, and how.

The platform: a failed create deletes what was made, the resource that failed included; a failed update turns each change
back with the properties swapped; a new physical id means that the old resource is deleted once the update is done; a
resource whose properties stay equal is not touched, one whose policy says so is kept; a deletion that fails ends in
DELETE_FAILED.
MiniStack: none of these.
"""

import asyncio
import copy
import json
import re
import uuid

from ministack.core.responses import now_iso
from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

STACK = "AWS::CloudFormation::Stack"
GROUP_SIZES = ("MinSize", "MaxSize", "DesiredCapacity")


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


async def call(resource_type, work, *arguments):
    """What waits for somebody else (a function, fleet) must leave the event loop free to hear the answer."""
    if stacks._is_custom_resource(resource_type) or resource_type.startswith("AWS::AutoScaling::"):
        return await asyncio.to_thread(work, *arguments)
    return work(*arguments)


class Run:
    """One create or update: a journal of what it did, so that it can be undone in reverse."""

    def __init__(self, name, stack_id, template, parameters, previous):
        self.name, self.id, self.template, self.parameters = name, stack_id, template, parameters
        self.stack = cloudformation._stacks[name]
        self.previous = dict((previous or {}).get("_resources", {}))
        # What DescribeStackResource shows, also while the stack is made, changed or rolled back.
        self.resources = self.stack["_resources"] = dict(self.previous)
        self.conditions = engine._evaluate_conditions(template, parameters)
        self.journal = []  # (logical id, record before or None, record now)
        self.outdated = []  # (logical id, record) to delete when all else is done
        self.word = "UPDATE" if previous is not None else "CREATE"

    def event(self, logical_id, resource_type, status, reason="", physical_id=""):
        stacks._add_event(self.id, self.name, logical_id, resource_type, status, reason, physical_id)

    def status(self, status, reason=""):
        self.stack["StackStatus"], self.stack["StackStatusReason"] = status, reason
        self.event(self.name, STACK, status, reason, self.id)

    def resolve(self, value):
        return engine._resolve_refs(
            copy.deepcopy(value), self.resources, self.parameters, self.conditions,
            self.template.get("Mappings", {}), self.name, self.id,
        )

    async def put(self, logical_id):
        definition = self.template["Resources"][logical_id]
        resource_type = definition["Type"]
        before = self.previous.get(logical_id)
        record = {"LogicalResourceId": logical_id, "ResourceType": resource_type, "Properties": {}, "PhysicalResourceId": ""}
        try:
            properties = {k: v for k, v in self.resolve(definition.get("Properties", {})).items() if v is not engine._NO_VALUE}
            record["Properties"] = properties
            if before and before["ResourceType"] == resource_type and before["Properties"] == properties:
                return
            self.event(logical_id, resource_type, f"{self.word}_IN_PROGRESS")
            physical_id, attributes = await self.make(resource_type, logical_id, before, properties)
            record["PhysicalResourceId"] = physical_id
            self.check_attributes(resource_type, logical_id, attributes)
        except Exception as error:
            self.event(logical_id, resource_type, f"{self.word}_FAILED", str(error), record["PhysicalResourceId"])
            self.note_failed(logical_id, before, record, error)
            raise
        record |= {
            "PhysicalResourceId": physical_id, "Attributes": attributes, "Timestamp": now_iso(),
            "ResourceStatus": f"{self.word}_COMPLETE",
        }
        self.resources[logical_id] = record
        self.journal.append((logical_id, before, record))
        if before and before["PhysicalResourceId"] != physical_id:
            self.outdated.append((logical_id, before))
        self.event(logical_id, resource_type, f"{self.word}_COMPLETE", physical_id=physical_id)

    async def make(self, resource_type, logical_id, before, properties):
        if before and before["ResourceType"] == resource_type:
            return await call(
                resource_type, provisioners._update_resource, resource_type, before["PhysicalResourceId"],
                before["Properties"], self.to_change(logical_id, before["Properties"], properties), self.name, logical_id,
                before.get("Attributes", {}),
            )
        return await call(resource_type, provisioners._provision_resource, resource_type, logical_id, properties, self.name)

    def to_change(self, logical_id, old, new):
        """A group's sizes that the template leaves as they were stay as they are now, where its update policy says so."""
        policy = self.template["Resources"].get(logical_id, {}).get("UpdatePolicy", {}).get("AutoScalingScheduledAction", {})
        if str(policy.get("IgnoreUnmodifiedGroupSizeProperties", "")).lower() != "true":
            return new
        return {key: value for key, value in new.items() if key not in GROUP_SIZES or old.get(key) != value}

    def check_attributes(self, resource_type, logical_id, attributes):
        """An attribute that a custom resource did not answer fails it; MiniStack would take its physical id instead."""
        if not stacks._is_custom_resource(resource_type):
            return
        for name in re.findall(r'"Fn::GetAtt": \["%s", "([^"]+)"\]' % re.escape(logical_id), json.dumps(self.template)):
            if name not in attributes:
                raise RuntimeError(f"CustomResource attribute error: Vendor response doesn't contain {name} attribute in object")

    def note_failed(self, logical_id, before, record, error):
        """A custom resource that failed is undone too: Delete with the id it answered or an invented one, or the reverse
        Update. Of others, only a group may be half made."""
        kind = record["ResourceType"]
        if not (stacks._is_custom_resource(kind) or kind == "AWS::AutoScaling::AutoScalingGroup"):
            return
        answered = record["PhysicalResourceId"] or getattr(error, "physical_id", None)
        invented = before["PhysicalResourceId"] if before else f"{self.name}-{logical_id}-{uuid.uuid4().hex[:12].upper()}"
        self.journal.append((logical_id, before, record | {"PhysicalResourceId": answered or invented}))

    async def remove(self, logical_id, record):
        kind, physical_id = record["ResourceType"], record["PhysicalResourceId"]
        self.event(logical_id, kind, "DELETE_IN_PROGRESS", physical_id=physical_id)
        record["ResourceStatus"] = "DELETE_IN_PROGRESS"
        try:
            await call(kind, provisioners._delete_resource, kind, physical_id, record["Properties"], self.name, logical_id)
        except Exception as error:
            self.event(logical_id, kind, "DELETE_FAILED", str(error), physical_id)
            record["ResourceStatus"] = "DELETE_FAILED"
            return f"{logical_id}: {error}"
        self.event(logical_id, kind, "DELETE_COMPLETE", physical_id=physical_id)
        return None

    async def undo(self, logical_id, before, record):
        replaced = before and before["PhysicalResourceId"] != record["PhysicalResourceId"]
        if before is None or replaced or before["ResourceType"] != record["ResourceType"]:
            return await self.remove(logical_id, record)
        kind = record["ResourceType"]
        try:
            await call(
                kind, provisioners._update_resource, kind, record["PhysicalResourceId"], record["Properties"],
                self.to_change(logical_id, record["Properties"], before["Properties"]), self.name, logical_id,
                before.get("Attributes", {}),
            )
        except Exception as error:
            self.event(logical_id, kind, "UPDATE_FAILED", str(error), record["PhysicalResourceId"])
            return f"{logical_id}: {error}"
        self.event(logical_id, kind, "UPDATE_COMPLETE", physical_id=record["PhysicalResourceId"])
        return None

    async def roll_back(self, reason, previous):
        prefix = "UPDATE_ROLLBACK" if previous is not None else "ROLLBACK"
        self.status(f"{prefix}_IN_PROGRESS", reason)
        problems = [await self.undo(*entry) for entry in reversed(self.journal)]
        for key in ("_template", "_template_body", "_resolved_params", "Outputs"):
            if previous is not None:
                self.stack[key] = previous[key]
        if previous is not None:
            self.stack["Parameters"] = [
                {"ParameterKey": key, "ParameterValue": one["Value"], "NoEcho": one["NoEcho"]}
                for key, one in previous["_resolved_params"].items()
            ]
        self.stack["_resources"] = self.previous
        problems = [problem for problem in problems if problem]
        if problems and previous is None:
            # What could not be deleted stays in the stack, so that deleting the stack tries again.
            failed = {problem.split(":", 1)[0] for problem in problems}
            self.stack["_resources"] = {entry[0]: entry[2] for entry in self.journal if entry[0] in failed}
        self.status(f"{prefix}_FAILED" if problems else f"{prefix}_COMPLETE", "; ".join(problems) or reason)

    def publish(self):
        outputs = []
        for key, definition in self.template.get("Outputs", {}).items():
            if not self.conditions.get(definition.get("Condition"), True):
                continue
            value = str(self.resolve(definition.get("Value", "")))
            output = {"OutputKey": key, "OutputValue": value, "Description": definition.get("Description", "")}
            if definition.get("Export"):
                export = output["ExportName"] = str(self.resolve(definition["Export"]["Name"]))
                cloudformation._exports[export] = {"StackId": self.id, "Name": export, "Value": value}
            outputs.append(output)
        self.stack |= {
            "Outputs": outputs, "_resources": self.resources, "_template": self.template, "_resolved_params": self.parameters,
        }


async def deploy(stack_name, stack_id, template, param_values, disable_rollback, tags, is_update=False, previous_stack=None):
    run = Run(stack_name, stack_id, template, param_values, previous_stack if is_update else None)
    try:
        wanted = [
            logical_id for logical_id in engine._topological_sort(template.get("Resources", {}), run.conditions)
            if run.conditions.get(template["Resources"][logical_id].get("Condition"), True)
        ]
        for logical_id in wanted:
            await run.put(logical_id)
            await asyncio.sleep(0)
        run.publish()
    except Exception as error:
        if disable_rollback:
            run.stack["_resources"] = run.resources
            run.status(f"{run.word}_FAILED", str(error))
        else:
            await run.roll_back(str(error), previous_stack if is_update else None)
        return
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
