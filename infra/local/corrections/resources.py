"""Resource types: groups belong to fleet, launch templates have versions, queues keep what their template says."""

import json
import os
import time
import urllib.error
import urllib.request

from ministack.services import ec2, eventbridge, lambda_svc, sqs, ssm
from ministack.services.cloudformation import provisioners

# Accepted without effect: nothing of them can be seen in the local region (see docs/local-region.md).
INERT = (
    "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress", "AWS::Logs::MetricFilter",
    "AWS::CloudWatch::CompositeAlarm", "AWS::EC2::NatGateway", "AWS::EC2::EIP",
)
# Fleet answers when a group is whole; deleting one waits for its instances, and they for their hooks.
FLEET_SECONDS_MAX = 3600


def apply():
    table = provisioners._RESOURCE_HANDLERS
    table["AWS::AutoScaling::AutoScalingGroup"]["delete"] = group_delete
    table["AWS::AutoScaling::LifecycleHook"] = {"create": hook_create, "update": hook_update, "delete": hook_delete}
    table["AWS::EC2::LaunchTemplate"]["update"] = template_update
    table["AWS::SQS::Queue"] = {"create": queue_create, "update": queue_update, "delete": provisioners._sqs_delete}
    table["AWS::Events::Rule"] |= {"create": rule_create, "update": rule_update}
    table["AWS::Lambda::Function"]["create"] = function_create
    table["AWS::Lambda::EventSourceMapping"]["create"] = mapping_create
    table["AWS::EC2::SecurityGroup"]["update"] = security_group_update
    plain = table["AWS::CloudWatch::Alarm"]
    table["AWS::CloudWatch::Alarm"] = {
        "create": lambda logical_id, props, stack: alarm_create(plain, logical_id, props, stack),
        "delete": lambda physical_id, props: None if props.get("Metrics") else plain["delete"](physical_id, props),
    }
    data_xml = ec2._lt_data_xml
    ec2._lt_data_xml = lambda data: data_xml(data) + names_xml(data.get("PrivateDnsNameOptions"))
    resolve = ssm.resolve_parameter_value
    ssm.resolve_parameter_value = lambda name: resolve(name) or public_image(name)
    for resource_type in INERT:
        table[resource_type] = {
            "create": lambda logical_id, props, stack: (f"{stack}-{logical_id}", {}),
            "update": lambda physical_id, old, new, stack: (physical_id, {}),
            "delete": lambda physical_id, props: None,
        }


def public_image(name):
    """The public parameters of images, which every account can read; every image is this machine here."""
    return "ami-local" if str(name).startswith(("/aws/service/ami-", "/aws/service/debian/", "/aws/service/canonical/")) else None


def fleet(operation, **fields):
    """Asks fleet and waits; its refusal fails the resource, so that the stack rolls back. Never through a web proxy."""
    request = urllib.request.Request(
        f"{os.environ['FLEET_URL']}/_fleet/stage/{operation}", json.dumps(fields).encode(), {"content-type": "application/json"},
    )
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=FLEET_SECONDS_MAX) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise RuntimeError(json.loads(error.read()).get("message", str(error))) from None


def group_delete(physical_id, props):
    fleet("delete-group", name=physical_id)


def hook_create(logical_id, props, stack_name):
    name = props.get("LifecycleHookName") or provisioners._physical_name(stack_name, logical_id, max_len=255)
    fleet("put-hook", name=props["AutoScalingGroupName"], hook=props | {"LifecycleHookName": name})
    return name, {}


def hook_update(physical_id, old, new, stack_name):
    fleet("put-hook", name=new["AutoScalingGroupName"], hook=new | {"LifecycleHookName": physical_id})
    return physical_id, {}


def hook_delete(physical_id, props):
    fleet("delete-hook", name=props["AutoScalingGroupName"], hookName=physical_id)


def template_update(physical_id, old, new, stack_name):
    """The platform adds a version; MiniStack would make a second template, and with it a second group."""
    template = ec2._launch_templates[physical_id]
    number = template["LatestVersionNumber"] + 1
    template["Versions"].append({
        **template["Versions"][-1], "VersionNumber": number, "DefaultVersion": False,
        "CreateTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "LaunchTemplateData": new["LaunchTemplateData"],
    })
    template["LatestVersionNumber"] = number
    return physical_id, {
        "LaunchTemplateId": physical_id, "LaunchTemplateName": template["LaunchTemplateName"],
        "DefaultVersionNumber": str(template["DefaultVersionNumber"]), "LatestVersionNumber": str(number),
    }


def security_group_update(physical_id, old, new, stack_name):
    """The platform changes the rules of a security group in place; MiniStack would make a second one for them."""
    if any(old.get(key) != new.get(key) for key in ("GroupDescription", "GroupName", "VpcId")):
        return provisioners._RESOURCE_HANDLERS["AWS::EC2::SecurityGroup"]["create"]("Replacement", new, stack_name)
    return physical_id, {"GroupId": physical_id}


def alarm_create(plain, logical_id, props, stack_name):
    """The platform reckons with metrics; MiniStack refuses to. Such an alarm is accepted, and never raised."""
    return (f"{stack_name}-{logical_id}", {}) if props.get("Metrics") else plain["create"](logical_id, props, stack_name)


def names_xml(options):
    """The platform tells what a template asks for of names; MiniStack keeps it to itself."""
    asked = {key: value for key, value in (options or {}).items() if value is not None}
    tags = "".join(f"<{key[0].lower()}{key[1:]}>{str(value).lower()}</{key[0].lower()}{key[1:]}>" for key, value in asked.items())
    return f"<privateDnsNameOptions>{tags}</privateDnsNameOptions>" if tags else ""


def queue_create(logical_id, props, stack_name):
    """A queue is FIFO because FifoQueue says so (its generated name then ends in .fifo), and keeps its redrive policy."""
    if str(props.get("FifoQueue", "")).lower() == "true" and not props.get("QueueName"):
        props = props | {"QueueName": provisioners._physical_name(stack_name, logical_id, max_len=75) + ".fifo"}
    url, attributes = provisioners._sqs_create(logical_id, props, stack_name)
    complete(sqs._queues[url], props)
    return url, attributes


def complete(queue, props):
    if props.get("RedrivePolicy"):
        queue["attributes"]["RedrivePolicy"] = json.dumps(props["RedrivePolicy"])
    for key in ("VisibilityTimeout", "MessageRetentionPeriod", "DelaySeconds", "DeduplicationScope", "FifoThroughputLimit"):
        if key in props:
            queue["attributes"][key] = str(props[key])


def queue_update(physical_id, old, new, stack_name):
    """Attributes change in place; the messages stay."""
    queue = sqs._queues[physical_id]
    complete(queue, new)
    return physical_id, {"Arn": queue["attributes"]["QueueArn"], "QueueName": queue["name"], "QueueUrl": physical_id}


def rule_create(logical_id, props, stack_name):
    """A name that another rule has is refused; MiniStack would take that rule over, and a rollback delete it."""
    name, bus = props.get("Name"), props.get("EventBusName", "default")
    if name and eventbridge._rule_key(name, bus) in eventbridge._rules:
        raise RuntimeError(f"{name} already exists")
    return provisioners._eb_rule_create(logical_id, props, stack_name)


def rule_update(physical_id, old, new, stack_name):
    if new.get("Name", physical_id) != physical_id or new.get("EventBusName") != old.get("EventBusName"):
        return rule_create("Rule", new, stack_name)
    return provisioners._eb_rule_create("Rule", new | {"Name": physical_id}, stack_name)


def function_create(logical_id, props, stack_name):
    """An archive that is not there is an error, not a function that answers nonsense; the VPC and the permissions stay."""
    name = props.get("FunctionName") or provisioners._physical_name(stack_name, logical_id, max_len=64)
    before = lambda_svc._functions.get(name)
    result = provisioners._lambda_create(logical_id, props, stack_name)
    function = lambda_svc._functions[name]
    code = props.get("Code", {})
    if not function["code_zip"]:
        lambda_svc._functions.pop(name)
        raise RuntimeError(f"No archive at s3://{code.get('S3Bucket')}/{code.get('S3Key')} (NoSuchKey)")
    if props.get("VpcConfig"):
        function["config"]["VpcConfig"] = {"VpcId": "", **props["VpcConfig"]}
    if before:
        function["policy"] = before["policy"]
    return result


def mapping_create(logical_id, props, stack_name):
    """A queue whose messages come back while the function still works on them is refused."""
    queue = sqs._queue_by_arn(props.get("EventSourceArn", ""))
    function, _, _ = lambda_svc._get_func_record_for_ref(props.get("FunctionName", ""))
    if queue and function:
        visible, timeout = int(queue["attributes"]["VisibilityTimeout"]), int(function["config"]["Timeout"])
        if visible < timeout:
            raise RuntimeError(f"Invalid request provided: Queue visibility timeout: {visible} seconds is less than "
                               f"Function timeout: {timeout} seconds")
    return provisioners._lambda_esm_create(logical_id, props, stack_name)
