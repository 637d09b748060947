"""One operation on a stack: what is done to each of its resources, and how that is turned back.

The platform: a failed create deletes what was made, the resource that failed included; a failed update turns each change
back with the properties swapped; a new physical id means that the old resource is deleted once the update is done; a
resource whose properties stay equal is not touched; what is under way is described with its status.
MiniStack: none of these.
"""

import asyncio
import copy
import json
import re
import uuid

from ministack.core.responses import now_iso
from ministack.services import cloudformation
from ministack.services.cloudformation import engine, provisioners, stacks

from . import group_updates

STACK = "AWS::CloudFormation::Stack"
GROUP_SIZES = ("MinSize", "MaxSize", "DesiredCapacity")
CANCELLED = "Resource update cancelled"


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
        # The template that a rollback comes back to, with what it says of updates.
        self.former = Former(self, previous) if "_template" in (previous or {}) else None
        self.cancelled = False
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
            self.progress(logical_id, {**record, "PhysicalResourceId": (before or record)["PhysicalResourceId"]})
            physical_id, attributes = await self.make(resource_type, logical_id, before, properties)
            record["PhysicalResourceId"] = physical_id
            self.check_attributes(resource_type, logical_id, attributes)
        except Exception as error:
            shown = self.resources.pop(logical_id, record)
            if shown["PhysicalResourceId"]:
                self.resources[logical_id] = {**(before or shown), "ResourceStatus": f"{self.word}_FAILED"}
            self.event(logical_id, resource_type, f"{self.word}_FAILED", str(error), shown["PhysicalResourceId"])
            self.note_failed(logical_id, before, record, error, shown["PhysicalResourceId"])
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

    def progress(self, logical_id, record, reason="", word=None):
        """Shows a resource as being worked on, and tells why, where there is something to tell."""
        status = f"{word or self.word}_IN_PROGRESS"
        self.resources[logical_id] = {**record, "ResourceStatus": status}
        self.event(logical_id, record["ResourceType"], status, reason, record["PhysicalResourceId"])

    async def make(self, resource_type, logical_id, before, properties):
        if resource_type == group_updates.GROUP:
            return await self.make_group(self, logical_id, before, properties)
        if before and before["ResourceType"] == resource_type:
            return await call(
                resource_type, provisioners._update_resource, resource_type, before["PhysicalResourceId"],
                before["Properties"], properties, self.name, logical_id, before.get("Attributes", {}),
            )
        return await call(resource_type, provisioners._provision_resource, resource_type, logical_id, properties, self.name)

    async def make_group(self, side, logical_id, before, properties):
        """`side`: whose policies hold, those of the new template or of the former one."""
        kind = group_updates.GROUP
        record = {"LogicalResourceId": logical_id, "ResourceType": kind, "Properties": properties}

        def tell(words, physical_id):
            self.progress(logical_id, {**record, "PhysicalResourceId": physical_id}, words, None if before else "CREATE")

        if not (before and before["ResourceType"] == kind):
            return await asyncio.to_thread(group_updates.create, self, side, logical_id, properties, tell)
        changed = to_change(side, logical_id, before["Properties"], properties)
        return await asyncio.to_thread(
            group_updates.update, self, side, logical_id, before["PhysicalResourceId"], before["Properties"], properties, changed, tell,
        )

    def check_attributes(self, resource_type, logical_id, attributes):
        """An attribute that a custom resource did not answer fails it; MiniStack would take its physical id instead."""
        if not stacks._is_custom_resource(resource_type):
            return
        for name in re.findall(r'"Fn::GetAtt": \["%s", "([^"]+)"\]' % re.escape(logical_id), json.dumps(self.template)):
            if name not in attributes:
                raise RuntimeError(f"CustomResource attribute error: Vendor response doesn't contain {name} attribute in object")

    def note_failed(self, logical_id, before, record, error, shown_id):
        """A custom resource that failed is undone too: Delete with the id it answered or an invented one, or the reverse
        Update. Of others, only a group may be half made."""
        kind = record["ResourceType"]
        if not (stacks._is_custom_resource(kind) or kind == "AWS::AutoScaling::AutoScalingGroup"):
            return
        answered = record["PhysicalResourceId"] or getattr(error, "physical_id", None) or (not before and shown_id)
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
        self.progress(logical_id, record)
        try:
            if kind == group_updates.GROUP:
                await self.make_group(self.former, logical_id, record, before["Properties"])
            else:
                await call(
                    kind, provisioners._update_resource, kind, record["PhysicalResourceId"], record["Properties"],
                    before["Properties"], self.name, logical_id, before.get("Attributes", {}),
                )
        except Exception as error:
            self.resources[logical_id] = {**record, "ResourceStatus": "UPDATE_FAILED"}
            self.event(logical_id, kind, "UPDATE_FAILED", str(error), record["PhysicalResourceId"])
            return f"{logical_id}: {error}"
        self.resources[logical_id] = {**before, "ResourceStatus": "UPDATE_COMPLETE"}
        self.event(logical_id, kind, "UPDATE_COMPLETE", physical_id=record["PhysicalResourceId"])
        return None

    async def undo_all(self, entries):
        """Turns back as much as it can; what is left over is what a rollback that is continued does again."""
        self.left, problems = [], []
        for entry in reversed(entries):
            problem = await self.undo(*entry)
            if problem:
                self.left.insert(0, entry)
                problems.append(problem)
        return problems

    async def continue_rollback(self, skipped):
        self.status("UPDATE_ROLLBACK_IN_PROGRESS")
        problems = await self.undo_all([entry for entry in self.left if entry[0] not in skipped])
        self.stack["_resources"] = self.previous
        self.status("UPDATE_ROLLBACK_FAILED" if problems else "UPDATE_ROLLBACK_COMPLETE", "; ".join(problems))

    async def roll_back(self, reason, previous):
        prefix = "UPDATE_ROLLBACK" if previous is not None else "ROLLBACK"
        self.status(f"{prefix}_IN_PROGRESS", reason)
        problems = await self.undo_all(self.journal)
        for key in ("_template", "_template_body", "_resolved_params", "Outputs"):
            if previous is not None:
                self.stack[key] = previous[key]
        if previous is not None:
            self.stack["Parameters"] = [
                {"ParameterKey": key, "ParameterValue": one["Value"], "NoEcho": one["NoEcho"]}
                for key, one in previous["_resolved_params"].items()
            ]
        self.stack["_resources"] = self.previous
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


class Former:
    """The template of before an update, with the parameters of then: a rollback follows its policies."""

    def __init__(self, run, previous):
        self.run, self.template, self.parameters = run, previous["_template"], previous["_resolved_params"]
        self.conditions = engine._evaluate_conditions(self.template, self.parameters)

    def resolve(self, value):
        return engine._resolve_refs(
            copy.deepcopy(value), self.run.previous, self.parameters, self.conditions,
            self.template.get("Mappings", {}), self.run.name, self.run.id,
        )


def to_change(side, logical_id, old, new):
    """A group's sizes that the template leaves as they were stay as they are now, where its update policy says so."""
    policy = group_updates.policy_of(side, logical_id, "UpdatePolicy").get("AutoScalingScheduledAction", {})
    if str(policy.get("IgnoreUnmodifiedGroupSizeProperties", "")).lower() != "true":
        return new
    return {key: value for key, value in new.items() if key not in GROUP_SIZES or old.get(key) != value}
