"""Route 53: names as the platform tells them, batches judged as a whole, changes that are served when they are INSYNC.

The platform carries a change out on its name servers some time after it took it; GetChange says PENDING until then. The
name server of the local region reads what is served, with everything else of the zones, from SERVED_PATH.
"""

import json
import time
from xml.etree.ElementTree import SubElement, tostring

from ministack.services import route53
from ministack.services.cloudformation import provisioners

from . import zone_rules

SERVED_PATH = f"/{route53.API_VERSION}/served-by-the-local-region"
# The platform usually takes less than a minute. No wait of the local region is shorter than a second. INSYNC comes when
# every name server has the change: the one here may be as much behind as lies between the two.
SPREAD_SECONDS = 1.0
IN_SYNC_SECONDS = 1.5

_history = {}  # zone id -> [(served from, records)], oldest first


def apply():
    route53._normalise_name = zone_rules.canonical
    route53._change_resource_record_sets = change_record_sets
    create_zone, get_change, handle = route53._create_hosted_zone, route53._get_change, route53.handle_request
    route53._create_hosted_zone = lambda body, params: create_zone(told_private(body), params)
    route53._get_change = lambda change_id: in_time(change_id) or get_change(change_id)

    async def served_or(method, path, headers, body, params):
        if path == SERVED_PATH:
            return 200, {"Content-Type": "application/json"}, json.dumps({"zones": served_zones()}).encode()
        return await handle(method, path, headers, body, params)

    route53.handle_request = served_or
    table = provisioners._RESOURCE_HANDLERS
    table["AWS::Route53::HostedZone"] = {"create": zone_create, "update": zone_update, "delete": zone_delete}
    table["AWS::Route53::RecordSet"] = {"create": record_create, "update": record_update, "delete": record_delete}


def change_record_sets(zone_id, body):
    root = route53._parse_body(body)
    batch = route53._find(root, "ChangeBatch") if root is not None else None
    changes = route53._find(batch, "Changes") if batch is not None else None
    if changes is None:
        return route53._error_response("InvalidInput", "Missing ChangeBatch.Changes.")
    operations = []
    for element in route53._findall(changes, "Change"):
        action, record = route53._text(element, "Action"), route53._find(element, "ResourceRecordSet")
        if action not in ("CREATE", "DELETE", "UPSERT") or record is None:
            return route53._error_response("InvalidInput", f"Invalid XML ; a change needs an Action and a ResourceRecordSet, got '{action}'")
        operations.append((action, route53._parse_record_set(record)))
    if not operations:
        return route53._error_response("InvalidInput", "A batch needs at least one change.")
    try:
        change = commit(zone_id, operations, route53._text(batch, "Comment"))
    except LookupError as error:
        return route53._error_response("NoSuchHostedZone", str(error), 404)
    except ValueError as error:
        return route53._error_response("InvalidChangeBatch", str(error))
    return route53._xml_response("ChangeResourceRecordSetsResponse", lambda root: route53._build_change_info_el(root, change))


def commit(zone_id, operations, comment=""):
    """All or nothing. Raises ValueError with all that is wrong with the batch, LookupError without such a zone."""
    with route53._lock:
        zone = route53._zones.get(zone_id)
        if not zone:
            raise LookupError(f"No hosted zone found with ID: {zone_id}")
        before = route53._records[zone_id]
        wrong, after = zone_rules.judge(zone["name"], before, operations)
        if wrong:
            raise ValueError(f"[{', '.join(wrong)}]")
        served_from = time.time() + SPREAD_SECONDS
        _history.setdefault(zone_id, [(0.0, before)]).append((served_from, after))
        route53._records[zone_id] = after
        change = {"id": route53._change_id(), "status": "PENDING", "submitted_at": route53._now_iso(), "comment": comment,
                  "in_sync_from": time.time() + IN_SYNC_SECONDS}
        route53._changes[change["id"]] = change
        return change


def in_time(change_id):
    """MiniStack says INSYNC from the second question on, and nothing else happens; here it is when the change is told by all."""
    change = route53._changes.get(change_id)
    if change:
        change["status"] = "INSYNC" if time.time() >= change.get("in_sync_from", 0.0) else "PENDING"
    return None


def served_zones():
    return [
        {"id": zone_id, "name": zone["name"], "isPrivate": bool(zone.get("private")), "records": served(zone_id)}
        for zone_id, zone in list(route53._zones.items())
    ]


def served(zone_id):
    history = _history.get(zone_id)
    if not history:
        return route53._records[zone_id]
    now = time.time()
    while len(history) > 1 and history[1][0] <= now:
        history.pop(0)
    return history[0][1]


def told_private(body):
    """A zone is private because it names a VPC; MiniStack waits for a PrivateZone that no client sends."""
    root = route53._parse_body(body)
    if root is None or route53._find(root, "VPC") is None:
        return body
    config = route53._find(root, "HostedZoneConfig")
    config = SubElement(root, "HostedZoneConfig") if config is None else config
    SubElement(config, "PrivateZone").text = "true"
    return tostring(root)


def zone_create(logical_id, props, stack_name):
    zone_id, _ = provisioners._r53_hosted_zone_create(logical_id, props | {"Name": zone_rules.canonical(props["Name"])}, stack_name)
    route53._zones[zone_id]["private"] = bool(props.get("VPCs"))
    return zone_id, {"Id": zone_id, "NameServers": [name.rstrip(".") for name in route53._DEFAULT_NS]}


def zone_update(physical_id, old, new, stack_name):
    if zone_rules.canonical(new["Name"]) != route53._zones[physical_id]["name"]:
        return zone_create("Zone", new, stack_name)
    route53._zones[physical_id]["comment"] = (new.get("HostedZoneConfig") or {}).get("Comment", "")
    return physical_id, {"Id": physical_id, "NameServers": [name.rstrip(".") for name in route53._DEFAULT_NS]}


def zone_delete(physical_id, props):
    """A zone that somebody still has records in is not deleted."""
    zone = route53._zones.get(physical_id)
    if not zone:
        return
    if any(record["Name"] != zone["name"] or record["Type"] not in ("SOA", "NS") for record in route53._records[physical_id]):
        raise RuntimeError("The specified hosted zone contains non-required resource record sets and so cannot be deleted.")
    provisioners._r53_hosted_zone_delete(physical_id, props)
    _history.pop(physical_id, None)


def record_create(logical_id, props, stack_name):
    return put_record("CREATE", props)


def record_update(physical_id, old, new, stack_name):
    """In place while zone, name, type and set identifier stay; else the old one goes when the update is done."""
    before, after = provisioners._r53_record_set_build_rs(old), provisioners._r53_record_set_build_rs(new)
    same = zone_rules.key_of(before) == zone_rules.key_of(after) and zone_of(old) == zone_of(new)
    return put_record("UPSERT" if same else "CREATE", new)


def put_record(action, props):
    record = provisioners._r53_record_set_build_rs(props)
    commit(zone_of(props), [(action, record)])
    return record["Name"], {"Name": record["Name"]}


def record_delete(physical_id, props):
    key, zone_id = zone_rules.key_of(provisioners._r53_record_set_build_rs(props)), zone_of(props)
    here = [record for record in route53._records.get(zone_id, []) if zone_rules.key_of(record) == key]
    if here:
        commit(zone_id, [("DELETE", here[0])])


def zone_of(props):
    return provisioners._r53_resolve_hosted_zone_id(props)
