"""What Route 53 says of a batch of changes: which names, records and mixtures it takes. Pure: records in, records out."""

import ipaddress
import re

ELEMENTS_MAX = 1_000
CHARACTERS_MAX = 32_000
VALUES_MAX = 400
MULTIVALUE_MAX = 100
ROUTING = ("MultiValueAnswer", "Weight", "Region", "Failover", "GeoLocation", "CidrRoutingConfig")
QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,255}"(?:\s+"(?:[^"\\]|\\.){0,255}")*')
SRV = re.compile(r"(\d{1,5}) (\d{1,5}) (\d{1,5}) (\S+)")


def canonical(name):
    """Names come back in lower case, with a trailing dot, and with octal escapes for all but a-z 0-9 - _ ."""
    if not name:
        return name
    told = re.sub(r"\\[0-7]{3}|.", lambda match: told_character(match[0]), name, flags=re.S)
    return told if told.endswith(".") else told + "."


def told_character(token):
    if token == ".":
        return token
    plain = (chr(int(token[1:], 8)) if len(token) == 4 else token).lower()
    if re.fullmatch(r"[a-z0-9_-]", plain):
        return plain
    return "".join("\\%03o" % byte for byte in plain.encode("latin-1" if ord(plain) < 256 else "utf-8"))


def key_of(record):
    return record["Name"], record["Type"], record.get("SetIdentifier", "")


def title_of(record):
    parts = [f"name='{record['Name']}'", f"type='{record['Type']}'"]
    if record.get("SetIdentifier"):
        parts.append(f"set identifier='{record['SetIdentifier']}'")
    return f"[{', '.join(parts)}]"


def judge(zone_name, before, operations):
    """All of a batch or nothing: returns (what is wrong with it, the records after it)."""
    wrong = sizes(operations)
    after = {key_of(record): record for record in before}
    for action, record in operations:
        wrong += flaws(zone_name, action, record) or carry_out(zone_name, action, record, after)
    touched = {record["Name"] for _, record in operations}
    wrong += [problem for name in sorted(touched) for problem in clashes(zone_name, name, after.values())]
    return wrong, list(after.values())


def sizes(operations):
    """An UPSERT counts twice."""
    weighed = [(2 if action == "UPSERT" else 1, record.get("ResourceRecords", [])) for action, record in operations]
    wrong = []
    if sum(times * max(1, len(values)) for times, values in weighed) > ELEMENTS_MAX:
        wrong.append(f"Number of records limit of {ELEMENTS_MAX} exceeded.")
    if sum(times * sum(map(len, values)) for times, values in weighed) > CHARACTERS_MAX:
        wrong.append(f"Number of characters limit of {CHARACTERS_MAX} exceeded.")
    return wrong


def flaws(zone_name, action, record):
    """What is wrong with one change, whatever else the zone has."""
    name, kind = record["Name"], record["Type"]
    values = record.get("ResourceRecords", [])
    if name != zone_name and not name.endswith("." + zone_name):
        return [f"RRSet with DNS name {name} is not permitted in zone {zone_name}"]
    if record.get("AliasTarget"):
        return [f"Invalid request: an alias {title_of(record)} has no TTL and no values"] if values or "TTL" in record else []
    if not re.fullmatch(r"\d{1,10}", str(record.get("TTL", ""))) or int(record["TTL"]) > 2_147_483_647:
        return [f"Invalid Resource Record: missing field 'TTL' or a value out of range in {title_of(record)}"]
    wrong = []
    if not values or len(values) > VALUES_MAX:
        wrong.append(f"Invalid Resource Record: {title_of(record)} must have 1 to {VALUES_MAX} values, not {len(values)}")
    if len(set(values)) < len(values):
        wrong.append(f"Duplicate Resource Record: '{next(value for value in values if values.count(value) > 1)}'")
    has_routing = any(record.get(field) is not None for field in ROUTING)
    if bool(record.get("SetIdentifier")) != has_routing:
        wrong.append(f"Invalid request: a set identifier and a routing policy come together, in {title_of(record)}")
    if action != "DELETE":
        wrong += [problem for problem in (flaw_of_value(kind, value) for value in values) if problem]
    return wrong


def flaw_of_value(kind, value):
    try:
        if kind == "A":
            ipaddress.IPv4Address(value)
        if kind == "AAAA":
            ipaddress.IPv6Address(value)
    except ValueError:
        return f"Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv{4 if kind == 'A' else 6}Address (Value is not a valid IP address) encountered with '{value}''"
    if kind == "TXT" and not QUOTED.fullmatch(value):
        return f"Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with '{value}''"
    if kind == "SRV":
        match = SRV.fullmatch(value)
        if not match or any(int(number) > 65_535 for number in match.groups()[:3]):
            return f"Invalid Resource Record: 'FATAL problem: SRVRRDATAInvalid encountered with '{value}''"
    return None


def carry_out(zone_name, action, record, after):
    key, title = key_of(record), title_of(record)
    existing = after.get(key)
    if action == "CREATE" and existing:
        return [f"Tried to create resource record set {title} but it already exists"]
    if action == "DELETE":
        if not existing:
            return [f"Tried to delete resource record set {title} but it was not found"]
        if contents(existing) != contents(record):
            return [f"Tried to delete resource record set {title} but the values provided do not match the current values"]
        if record["Name"] == zone_name and record["Type"] in ("SOA", "NS"):
            return [f"A HostedZone must contain at least one {record['Type']} record for the zone itself."]
        del after[key]
        return []
    after[key] = record
    return []


def contents(record):
    """All that a DELETE must match; the order of values never matters."""
    return {
        field: sorted(value) if field == "ResourceRecords" else str(value)
        for field, value in record.items() if field not in ("Name", "Type", "SetIdentifier")
    }


def clashes(zone_name, name, records):
    """What cannot stand side by side at one name."""
    here = [record for record in records if record["Name"] == name]
    wrong = []
    if any(record["Type"] == "CNAME" for record in here) and ({record["Type"] for record in here} != {"CNAME"} or name == zone_name):
        wrong.append(f"RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records with the "
                     f"same DNS name in zone {zone_name}")
    for kind in sorted({record["Type"] for record in here}):
        same = [record for record in here if record["Type"] == kind]
        policies = {policy_of(record) for record in same}
        if len(policies) > 1:
            odd = next(record for record in same if policy_of(record) != "MultiValueAnswer" or "MultiValueAnswer" not in policies)
            wrong.append(f"RRSet of type {kind} with DNS name {name} cannot be created because record sets with another "
                         f"routing policy exist with the same name and type: {title_of(odd)}")
        if sum(1 for record in same if record.get("MultiValueAnswer")) > MULTIVALUE_MAX:
            wrong.append(f"RRSet of type {kind} with DNS name {name}: more than {MULTIVALUE_MAX} multivalue answer records")
    return wrong


def policy_of(record):
    return next((field for field in ROUTING if record.get(field) is not None), "simple")
