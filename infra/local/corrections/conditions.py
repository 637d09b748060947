"""Conditions of templates.

The platform: a condition compares what Fn::Join, Fn::Split, Fn::Select and Fn::Sub make of parameters.
MiniStack: it compares the functions themselves, which are never equal to a text.
"""

import copy

from ministack.services.cloudformation import changesets, engine, handlers, stacks

FUNCTIONS = ("Fn::Join", "Fn::Split", "Fn::Select", "Fn::Sub", "Fn::FindInMap")


def apply():
    evaluate = engine._evaluate_conditions

    def evaluate_made(template, params):
        conditions = made(copy.deepcopy(template.get("Conditions", {})), params, template.get("Mappings", {}))
        return evaluate({**template, "Conditions": conditions}, params)

    for module in (engine, stacks, handlers, changesets):
        module._evaluate_conditions = evaluate_made


def made(value, params, mappings):
    """The value with every such function in it replaced by its text."""
    if isinstance(value, list):
        return [made(item, params, mappings) for item in value]
    if not isinstance(value, dict):
        return value
    if any(name in value for name in FUNCTIONS):
        return engine._resolve_refs(value, {}, params, {}, mappings, "", "")
    return {key: made(item, params, mappings) for key, item in value.items()}
