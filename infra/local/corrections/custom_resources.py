"""Custom resources.

The platform invokes the function asynchronously, twice more where it fails, and counts ServiceTimeout from then; refuses
an answer above 4,096 bytes; hands the physical id of a failed answer to the Delete that follows.
MiniStack invokes it once, starts counting when it has returned, takes any length and forgets the id.
"""

import json
import logging
import threading
import time
import uuid

from ministack.core.responses import request_scope, get_account_id, get_region
from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource

from . import stacks
from .stack_run import CANCELLED

ANSWER_BYTES_MAX = 4096
LOOK_SECONDS = 0.5
# Shorter than the platform's, which are a minute and two.
RETRY_AFTER_SECONDS = (1, 2)

logger = logging.getLogger("custom_resources")


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
    answered = start(props, token, request)
    await_answer(answered, props, stacks.running.get(stack_id) if request_type != "Delete" else None)
    return answer_of(token, answered, props, physical_id or request["RequestId"])


def await_answer(answered, props, run):
    """Until there is an answer, the time is over, or the update is cancelled."""
    ends = time.monotonic() + int(props.get("ServiceTimeout", 3600))
    cancellable = run is not None and not run.cancelled
    while not answered.wait(timeout=min(LOOK_SECONDS, max(0, ends - time.monotonic()))) and time.monotonic() < ends:
        if cancellable and run.cancelled:
            raise Refused(CANCELLED)


def start(props, token, request):
    function, config, _ = lambda_svc._get_func_record_for_ref(props.get("ServiceToken", ""))
    if function is None or config is None:
        raise Refused(f"ServiceToken {props.get('ServiceToken')!r} names no function")
    answered = custom_resource.register_token(token)
    record = lambda_svc._execution_record_for_config(function, config)
    scope = get_account_id(), get_region()

    def run():
        for pause in (*RETRY_AFTER_SECONDS, None):
            with request_scope(*scope):
                result = lambda_svc._execute_function_with_config_scope(record, dict(request))
            if not result.get("error") or pause is None or answered.wait(timeout=pause):
                return
            logger.warning("%s failed and is invoked again: %s", request["LogicalResourceId"], result.get("body"))

    threading.Thread(target=run, daemon=True).start()
    return answered


def answer_of(token, answered, props, fallback_id):
    timeout_seconds = int(props.get("ServiceTimeout", 3600))
    in_time = answered.is_set()
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
