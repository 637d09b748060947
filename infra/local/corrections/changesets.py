"""Change sets, and what refuses a deletion.

The platform: says of each change whether the resource is replaced, because of which properties, and what becomes of the old
one; what refers to a resource that changes is told too; an export that is not there fails the change set; a stack whose
creation failed takes none; a stack that is only planned stays the same one for the next plan; a stack whose exports are
imported cannot be deleted; a stack is also known by its id.
MiniStack: every change may replace, no more is told, and references are looked at as text.
"""

import copy
import json
import re

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, engine, handlers
from ministack.services.cloudformation.helpers import _error, _esc, _p, _xml

# Properties that cannot change in place, by type: those that a template here could change. "*" is each of them.
RECREATES = {
    "AWS::AutoScaling::AutoScalingGroup": ("AutoScalingGroupName", "InstanceId"),
    "AWS::AutoScaling::LifecycleHook": ("AutoScalingGroupName", "LifecycleHookName", "LifecycleTransition"),
    "AWS::CloudWatch::Alarm": ("AlarmName",),
    "AWS::EC2::LaunchTemplate": ("LaunchTemplateName",),
    "AWS::EC2::SecurityGroup": ("GroupDescription", "GroupName", "VpcId"),
    "AWS::EC2::VPCEndpoint": ("ServiceName", "VpcId", "VpcEndpointType"),
    "AWS::ElasticLoadBalancingV2::Listener": ("LoadBalancerArn",),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Name", "Scheme", "Type"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("Name", "Port", "Protocol", "TargetType", "VpcId"),
    "AWS::Events::Rule": ("EventBusName", "Name"),
    "AWS::IAM::InstanceProfile": ("InstanceProfileName", "Path"),
    "AWS::IAM::Role": ("Path", "RoleName"),
    "AWS::Lambda::EventSourceMapping": ("EventSourceArn",),
    "AWS::Lambda::Function": ("FunctionName", "PackageType"),
    "AWS::Lambda::Permission": "*",
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::Route53::HostedZone": ("Name",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::SQS::Queue": ("FifoQueue", "QueueName"),
    "AWS::SSM::Parameter": ("Name", "Type"),
}
PARTS = ("CreationPolicy", "DeletionPolicy", "Metadata", "UpdatePolicy", "UpdateReplacePolicy")
EMPTY = "The submitted information didn't contain changes. Submit different information to create a change set."
UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")


def apply():
    table = handlers._ACTION_HANDLERS
    create, delete = table["CreateChangeSet"], table["DeleteStack"]
    table["CreateChangeSet"] = lambda params: refuse(params) or corrected(params, create)
    table["DescribeChangeSet"] = describe
    table["DeleteStack"] = lambda params: delete_known(params, delete)


def refuse(params):
    name, kind = _p(params, "StackName"), _p(params, "ChangeSetType", "UPDATE")
    stack = cloudformation._stacks.get(name)
    status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
    if kind == "CREATE" and status not in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS"):
        if status == "ROLLBACK_COMPLETE":
            return _error("ValidationError", f"Stack:{stack['StackId']} is in {status} state and can not be updated.")
        words = f"Stack [{name}] already exists and cannot be created again with the changeSet [{_p(params, 'ChangeSetName')}]."
        return _error("ValidationError", words)
    if kind == "UPDATE" and status not in (*UPDATABLE, "DELETE_COMPLETE"):
        return _error("ValidationError", f"Stack:{stack['StackId']} is in {status} state and can not be updated.")
    return None


def corrected(params, create):
    """MiniStack makes the change set, and a new stack for it; then both are put right."""
    name = _p(params, "StackName")
    before = cloudformation._stacks.get(name)
    planned = before if before and before["StackStatus"] == "REVIEW_IN_PROGRESS" else None
    answer = create(params)
    if answer[0] != 200:
        return answer
    _, change_set = changesets._find_change_set(_p(params, "ChangeSetName"), name)
    if planned is not None and change_set["ChangeSetType"] == "CREATE":
        cloudformation._stack_events.pop(change_set["StackId"], None)
        cloudformation._stacks[name] = planned
        change_set["StackId"] = planned["StackId"]
    judge(change_set, cloudformation._stacks[name])
    return _xml(200, "CreateChangeSetResponse", f"<CreateChangeSetResult><Id>{change_set['ChangeSetId']}</Id>"
                f"<StackId>{change_set['StackId']}</StackId></CreateChangeSetResult>")


def judge(change_set, stack):
    template, parameters = change_set["_template"], change_set["_resolved_params"]
    try:
        new = Side(template, parameters, stack)
    except ValueError as error:
        missing = re.sub(r"^Export '(.*)' not found$", r"No export named \1 found", str(error))
        change_set.update(Status="FAILED", ExecutionStatus="UNAVAILABLE", StatusReason=missing, Changes=[])
        return
    old = Side(stack.get("_template") or {}, stack.get("_resolved_params") or {}, stack)
    changes = changes_between(old, new, stack.get("_resources", {}))
    change_set["Changes"] = changes
    if changes or old.outputs != new.outputs:
        change_set.update(Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason="")
    else:
        change_set.update(Status="FAILED", ExecutionStatus="UNAVAILABLE", StatusReason=EMPTY)


class Side:
    """A template with its parameters: what is in it, with everything put in that is known before it is done."""

    def __init__(self, template, parameters, stack):
        self.parameters, self.stack, self.mappings = parameters, stack, template.get("Mappings", {})
        self.conditions = engine._evaluate_conditions(template, parameters)
        holds = lambda definition: self.conditions.get(definition.get("Condition"), True)  # noqa: E731
        self.raw = {key: one for key, one in template.get("Resources", {}).items() if holds(one)}
        self.properties = {key: self.resolve(one.get("Properties", {})) for key, one in self.raw.items()}
        self.outputs = {key: json.dumps(one, default=str, sort_keys=True)
                        for key, one in template.get("Outputs", {}).items() if holds(one)}

    def resolve(self, value):
        resolved = engine._resolve_refs(
            copy.deepcopy(value), self.stack.get("_resources", {}), self.parameters, self.conditions, self.mappings,
            self.stack["StackName"], self.stack["StackId"],
        )
        return {key: one for key, one in resolved.items() if one is not engine._NO_VALUE}


def changes_between(old, new, resources):
    found = {}
    for key in sorted(old.raw.keys() | new.raw.keys()):
        if key not in old.raw:
            found[key] = {"Action": "Add", "ResourceType": new.raw[key]["Type"]}
        elif key not in new.raw:
            kept = old.raw[key].get("DeletionPolicy") == "Retain"
            found[key] = {"Action": "Remove", "ResourceType": old.raw[key]["Type"], "PolicyAction": "Retain" if kept else "Delete"}
        else:
            details = static_details(old, new, key)
            if details:
                found[key] = modification(new.raw[key], details)
    # What refers to something that changes may change too; that again, for what refers to it.
    for _ in new.raw:
        if not any(spread(new, old, key, found) for key in new.raw):
            break
    for key, change in found.items():
        change |= {"LogicalResourceId": key, "PhysicalResourceId": resources.get(key, {}).get("PhysicalResourceId", "")}
    return [{"ResourceChange": found[key]} for key in sorted(found)]


def static_details(old, new, key):
    before, after = old.properties[key], new.properties[key]
    kind = new.raw[key]["Type"]
    if old.raw[key]["Type"] != kind:
        return [detail("Properties", "Type", "Always", "Static", "DirectModification")]
    names = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
    parts = [part for part in PARTS if old.raw[key].get(part) != new.raw[key].get(part)]
    return [
        *(detail("Tags" if name == "Tags" else "Properties", name, recreation(kind, name), "Static", "DirectModification")
          for name in names),
        *(detail(part, "", "Never", "Static", "DirectModification") for part in parts),
    ]


def recreation(kind, name):
    always = RECREATES.get(kind, ())
    return "Always" if always == "*" or name in always else "Never"


def detail(attribute, name, recreates, evaluation, source, entity=""):
    return {"Attribute": attribute, "Name": name, "RequiresRecreation": recreates, "Evaluation": evaluation,
            "ChangeSource": source, "CausingEntity": entity}


def modification(definition, details):
    always = [one for one in details if one["RequiresRecreation"] == "Always"]
    certain = any(one["Evaluation"] == "Static" for one in always)
    change = {
        "Action": "Modify", "ResourceType": definition["Type"], "Details": details,
        "Replacement": "True" if certain else "Conditional" if always else "False",
        "Scope": sorted({one["Attribute"] for one in details}),
    }
    if certain:
        change["PolicyAction"] = "ReplaceAndRetain" if definition.get("UpdateReplacePolicy") == "Retain" else "ReplaceAndDelete"
    return change


def spread(new, old, key, found):
    """Adds what a resource that stays refers to and that changes; says whether that was news."""
    if key not in old.raw or found.get(key, {}).get("Action") == "Add":
        return False
    details = found.get(key, {}).get("Details", [])
    known = {(one["Name"], one["CausingEntity"]) for one in details}
    kind = new.raw[key]["Type"]
    fresh = []
    for name, value in new.raw[key].get("Properties", {}).items():
        for target, attribute in references(value):
            change = found.get(target, {})
            entity = f"{target}.{attribute}" if attribute else target
            moves = change.get("Replacement") in ("True", "Conditional") or (attribute and change.get("Action") == "Modify")
            if moves and target != key and (name, entity) not in known:
                source = "ResourceAttribute" if attribute else "ResourceReference"
                fresh.append(detail("Properties", name, recreation(kind, name), "Dynamic", source, entity))
    if fresh:
        found[key] = modification(new.raw[key], [*details, *fresh])
    return bool(fresh)


def references(value):
    """(logical id, attribute or "") of everything that a value refers to."""
    if isinstance(value, list):
        return {one for item in value for one in references(item)}
    if not isinstance(value, dict):
        return set()
    if "Ref" in value:
        return {(value["Ref"], "")}
    if "Fn::GetAtt" in value:
        parts = value["Fn::GetAtt"]
        target, attribute = parts.split(".", 1) if isinstance(parts, str) else (parts[0], parts[1])
        return {(target, str(attribute))}
    found = {one for item in value.values() for one in references(item)}
    if "Fn::Sub" in value:
        text = value["Fn::Sub"] if isinstance(value["Fn::Sub"], str) else value["Fn::Sub"][0]
        found |= {tuple((name + ".").split(".", 1)[:1]) + (name.partition(".")[2],)
                  for name in re.findall(r"\$\{([A-Za-z0-9.]+)\}", text)}
    return found


def describe(params):
    name, stack_name = _p(params, "ChangeSetName"), _p(params, "StackName")
    _, change_set = changesets._find_change_set(name, stack_name)
    if not change_set:
        return _error("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)
    keys = ("ChangeSetId", "ChangeSetName", "StackId", "StackName", "Status", "StatusReason", "ExecutionStatus",
            "CreationTime", "Description")
    inner = "".join(tag(key, change_set.get(key, "")) for key in keys)
    parameters = "".join(f"<member>{tag('ParameterKey', one['ParameterKey'])}{tag('ParameterValue', one['ParameterValue'])}</member>"
                         for one in change_set["Parameters"])
    changes = "".join(f"<member><Type>Resource</Type><ResourceChange>{change_xml(one['ResourceChange'])}</ResourceChange></member>"
                      for one in change_set["Changes"])
    return _xml(200, "DescribeChangeSetResponse", f"<DescribeChangeSetResult>{inner}<Parameters>{parameters}</Parameters>"
                f"<Changes>{changes}</Changes></DescribeChangeSetResult>")


def change_xml(change):
    keys = ("PolicyAction", "Action", "LogicalResourceId", "PhysicalResourceId", "ResourceType", "Replacement")
    scope = "".join(f"<member>{part}</member>" for part in change.get("Scope", []))
    details = "".join(
        f"<member><Target>{''.join(tag(key, one[key]) for key in ('Attribute', 'Name', 'RequiresRecreation'))}</Target>"
        f"{''.join(tag(key, one[key]) for key in ('Evaluation', 'ChangeSource', 'CausingEntity'))}</member>"
        for one in change.get("Details", []))
    return f"{''.join(tag(key, change.get(key, '')) for key in keys)}<Scope>{scope}</Scope><Details>{details}</Details>"


def tag(key, value):
    return f"<{key}>{_esc(str(value))}</{key}>" if value not in ("", None) else ""


def delete_known(params, delete):
    asked = _p(params, "StackName")
    stack = next((one for one in cloudformation._stacks.values() if asked in (one["StackName"], one["StackId"])), None)
    if stack is None:
        return delete(params)
    exports = {output.get("ExportName") for output in stack.get("Outputs", [])} - {None, ""}
    for other in cloudformation._stacks.values():
        used = exports & imports_of(other) if other is not stack else set()
        if used:
            words = f"Export {sorted(used)[0]} cannot be deleted as it is in use by {other['StackName']}"
            return _error("ValidationError", words)
    return delete({**params, "StackName": [stack["StackName"]]})


def imports_of(stack):
    """Names of what a stack imports, as long as it holds anything."""
    found = set()
    if not stack.get("_resources"):
        return found

    def walk(value):
        if isinstance(value, list):
            for one in value:
                walk(one)
        elif isinstance(value, dict):
            if "Fn::ImportValue" in value:
                found.add(str(engine._resolve_refs(
                    copy.deepcopy(value["Fn::ImportValue"]), stack["_resources"], stack["_resolved_params"],
                    stack.get("_conditions", {}), stack["_template"].get("Mappings", {}), stack["StackName"], stack["StackId"],
                )))
            for one in value.values():
                walk(one)

    walk(stack.get("_template", {}).get("Resources", {}))
    return found
