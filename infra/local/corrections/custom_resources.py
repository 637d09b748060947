"""Custom resources.

The platform invokes the function asynchronously and counts ServiceTimeout from then; refuses an answer above 4,096 bytes;
hands the physical id of a failed answer to the Delete that follows.
MiniStack starts counting when the function has returned, takes any length and forgets the id.
"""

import json
import threading
import uuid

from ministack.core.responses import request_scope, get_account_id, get_region
from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource

ANSWER_BYTES_MAX = 4096


class Refused(RuntimeError):
    def __init__(self, reason, physical_id=None):
        super().__init__(reason)
        self.physical_id = physical_id


def apply():
    custom_resource.invoke_custom_resource = invoke


def invoke(request_type, logical_id, props, stack_name, stack_id, resource_type, physical_id=None, old_props=None):
    token = str(uuid.uuid4())
    request = {
        "RequestType": request_type, "RequestId": str(uuid.uuid4()), "StackId": stack_id,
        "ResponseURL": custom_resource._response_url(token), "ResourceType": resource_type,
        "LogicalResourceId": logical_id, "ServiceToken": props.get("ServiceToken"),
        "ResourceProperties": custom_resource._normalise_resource_properties(props),
    }
    if physical_id is not None:
        request["PhysicalResourceId"] = physical_id
    if old_props is not None:
        request["OldResourceProperties"] = custom_resource._normalise_resource_properties(old_props)
    return answer_of(token, start(props, token, request), props, physical_id or request["RequestId"])


def start(props, token, request):
    function, config, _ = lambda_svc._get_func_record_for_ref(props.get("ServiceToken", ""))
    if function is None or config is None:
        raise Refused(f"ServiceToken {props.get('ServiceToken')!r} names no function")
    answered = custom_resource.register_token(token)
    record = lambda_svc._execution_record_for_config(function, config)
    scope = get_account_id(), get_region()

    def run():
        with request_scope(*scope):
            lambda_svc._execute_function_with_config_scope(record, request)

    threading.Thread(target=run, daemon=True).start()
    return answered


def answer_of(token, answered, props, fallback_id):
    timeout_seconds = int(props.get("ServiceTimeout", 3600))
    in_time = answered.wait(timeout=timeout_seconds)
    answer = (custom_resource._pending.pop(token, None) or {}).get("result")
    if not in_time or answer is None:
        raise Refused(f"CloudFormation did not receive a response from your Custom Resource within {timeout_seconds} s")
    physical_id = answer.get("PhysicalResourceId")
    if len(json.dumps(answer, separators=(",", ":")).encode()) > ANSWER_BYTES_MAX:
        raise Refused("Response object is too long.", physical_id)
    if answer.get("Status") != "SUCCESS":
        raise Refused(f"Received response status [{answer.get('Status')}] from custom resource. Message returned: "
                      f"{answer.get('Reason', '')}", physical_id)
    return physical_id or fallback_id, answer.get("Data") or {}
