"""The schemas that tools publish: valid 2020-12 themselves, and kept by what the tools return."""

from urllib.parse import unquote

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError


class ToolSchemas:
    """The output schema of each listed tool."""

    def __init__(self):
        self.outputs = {}

    def list_faults(self, tools):
        """What is wrong with the schemas of a `tools/list` result; remembers the output schemas."""
        faults = []
        for tool in tools:
            for member in ("inputSchema", "outputSchema"):
                if member not in tool:
                    continue
                try:
                    Draft202012Validator.check_schema(tool[member])
                except SchemaError as error:
                    faults.append(f"{member} of {tool['name']} is no 2020-12 schema: {error.message}")
                    continue
                astray = sorted(ref for ref in local_refs(tool[member]) if not leads_somewhere(ref, tool[member]))
                faults += [f"{member} of {tool['name']} refers to {ref}, which it does not have" for ref in astray]
                if member == "outputSchema" and not astray:
                    self.outputs[tool["name"]] = Draft202012Validator(tool["outputSchema"])
        return faults

    def result_faults(self, tool, result):
        """What is wrong with a tool's structured content under its output schema."""
        if tool not in self.outputs or not result or result.get("isError"):
            return []
        if result.get("resultType", "complete") != "complete":
            return []
        if "structuredContent" not in result:
            return [f"{tool} declares an outputSchema but returned no structuredContent"]
        return [
            f"structuredContent of {tool} at {fault.json_path}: {fault.message}"
            for fault in self.outputs[tool].iter_errors(result["structuredContent"])
        ]


def local_refs(schema):
    """Every `$ref` of a schema to a part of itself."""
    if isinstance(schema, dict):
        ref = schema.get("$ref")
        own = {ref} if isinstance(ref, str) and ref.startswith("#") else set()
        return own.union(*map(local_refs, schema.values()))
    return set().union(*map(local_refs, schema)) if isinstance(schema, list) else set()


def leads_somewhere(ref, schema):
    """Whether a JSON pointer such as `#/$defs/Tree` finds something."""
    for step in ref[1:].split("/")[1:]:
        step = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(schema, list) and step.isdigit() and int(step) < len(schema):
            schema = schema[int(step)]
        elif isinstance(schema, dict) and step in schema:
            schema = schema[step]
        else:
            return False
    return True
