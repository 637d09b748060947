"""Groups of stacks: their creation and update policies, which fleet carries out while the stack waits.

The platform: a change of what instances are launched from, or where, has the update policy replace them: batch by batch with a
signal for each newcomer, or by an instance refresh; a rollback does the same with the policy of the template before; a
creation policy keeps a new group from being complete until it was signalled. What happens meanwhile is told in events.
MiniStack: accepts the policies without effect.
"""

import time

from ministack.services.cloudformation import provisioners

from .resources import fleet

GROUP = "AWS::AutoScaling::AutoScalingGroup"
TRIGGERS = ("AvailabilityZones", "LaunchTemplate", "MixedInstancesPolicy", "PlacementGroup", "VPCZoneIdentifier")
LOOK_SECONDS = 0.1


def create(run, side, logical_id, properties, tell):
    """Returns (physical id, attributes) when the group is complete; `tell` is called with each event's reason."""
    name = properties.get("AutoScalingGroupName") or provisioners._physical_name(run.name, logical_id, max_len=255)
    answer = fleet("create-group", name=name, properties=properties, stackName=run.name, stackId=run.id, logicalId=logical_id,
                   creationPolicy=policy_of(side, logical_id, "CreationPolicy"))
    follow(answer["job"], lambda words: tell(words, name))
    return name, {"AutoScalingGroupARN": answer["arn"]}


def update(run, side, logical_id, physical_id, old, new, changed, tell):
    """As `create`. `changed`: the properties without those that the policy leaves as they are now."""
    if new.get("AutoScalingGroupName", physical_id) != physical_id:
        return create(run, side, logical_id, new, tell)
    tags = {tag["Key"] for tag in new.get("Tags", [])}
    dropped = [tag["Key"] for tag in old.get("Tags", []) if tag["Key"] not in tags]
    answer = fleet("update-group", name=physical_id, properties=changed, droppedTags=dropped,
                   updatePolicy=policy_of(side, logical_id, "UpdatePolicy"),
                   replaces=any(old.get(key) != new.get(key) for key in TRIGGERS))
    follow(answer["job"], lambda words: tell(words, physical_id))
    return physical_id, {"AutoScalingGroupARN": answer["arn"]}


def policy_of(side, logical_id, name):
    """`side`: a template with what its conditions and parameters are; {} where it says nothing."""
    policy = side.resolve(side.template["Resources"].get(logical_id, {}).get(name, {}))
    return policy if isinstance(policy, dict) else {}


def follow(job, tell):
    """Waits for the end of the work, telling what it says on the way. Its failure fails the resource."""
    told = 0
    while job is not None:
        answer = fleet("job", **{"id": job, "from": told})
        for words in answer["notes"]:
            tell(words)
        told += len(answer["notes"])
        if answer["failure"]:
            raise RuntimeError(answer["failure"])
        if answer["failure"] is not None:
            return
        time.sleep(LOOK_SECONDS)
