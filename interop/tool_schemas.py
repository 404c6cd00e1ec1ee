"""The schemas that tools publish: valid 2020-12 themselves, and kept by what the tools return."""

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
                if member == "outputSchema":
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
