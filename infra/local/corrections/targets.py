"""Load balancers: targets that are instances have the health that fleet finds by asking them, and the address they have there.

MiniStack: every registered target is healthy, and an instance id is taken for the name of a host.
"""

import random

from ministack.services import alb

from . import resources

REASONS = {
    "initial": ("Elb.InitialHealthChecking", "Initial health checks in progress"),
    "unhealthy": ("Target.FailedHealthChecks", "Health checks failed"),
}


def apply():
    proxy = alb._proxy_http_target
    alb._ACTION_MAP["DescribeTargetHealth"] = describe_health
    alb._forward_to_tg = forward_to(alb._forward_to_tg, proxy)


def targets_of(arn):
    """[(target, address or None, state)]: fleet knows instances; all else is as MiniStack has it, healthy."""
    registered = alb._targets.get(arn, [])
    known = resources.fleet("targets", name=arn, ids=[target["Id"] for target in registered])["targets"]
    return [(target, told["address"], told["state"] or "healthy") for target, told in zip(registered, known)]


def describe_health(params):
    arn = alb._p(params, "TargetGroupArn")
    if arn not in alb._tgs:
        return alb._error("TargetGroupNotFound", f"Target group '{arn}' not found.")
    wanted = {target["Id"] for target in alb._parse_targets_param(params)}
    default_port = alb._tgs[arn].get("Port", 80)
    shown = "".join(
        f"<member><Target><Id>{target['Id']}</Id><Port>{target.get('Port', default_port)}</Port></Target>"
        f"<HealthCheckPort>{target.get('Port', default_port)}</HealthCheckPort><TargetHealth><State>{state}</State>{reason(state)}</TargetHealth></member>"
        for target, _, state in targets_of(arn) if not wanted or target["Id"] in wanted
    )
    return alb._xml(200, "DescribeTargetHealth", f"<TargetHealthDescriptions>{shown}</TargetHealthDescriptions>")


def reason(state):
    if state not in REASONS:
        return ""
    code, words = REASONS[state]
    return f"<Reason>{code}</Reason><Description>{words}</Description>"


def forward_to(original, proxy):
    async def forward(arn, method, path, headers, body, params):
        group = alb._tgs.get(arn)
        if not group or group.get("TargetType", "instance") != "instance" or not alb._targets.get(arn):
            return await original(arn, method, path, headers, body, params)
        reachable = [(target | {"Id": address}, state) for target, address, state in targets_of(arn) if address]
        # Where no target is healthy, the platform sends to all of them.
        chosen = [target for target, state in reachable if state == "healthy"] or [target for target, _ in reachable]
        if not chosen:
            return 503, {"Content-Type": "text/plain"}, b"no target has an address"
        return await proxy(random.choice(chosen), group, method, path, headers, body, params)

    return forward
