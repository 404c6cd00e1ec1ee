"""A server by FastMCP, for our own command to visit: one tool that adds, two that ask, and a resource."""

from fastmcp import Context, FastMCP
from mcp_types import ElicitRequest, ElicitRequestFormParams, InputRequiredResult

server = FastMCP("fastmcp", version="1.0.0")


@server.tool
def sum(a: int, b: int) -> int:
    """Adds."""
    return a + b


@server.tool
async def ask(ctx: Context) -> str:
    """Asks in the midst of a call: clients of before 2026-07-28."""
    answer = await ctx.elicit("Who are you?", response_type=str)
    return f"{answer.action} {getattr(answer, 'data', None)}"


@server.tool
async def ask_first(ctx: Context) -> str | InputRequiredResult:
    """Asks, and is called again: clients since 2026-07-28."""
    if ctx.input_responses:
        answer = ctx.input_responses["who"]
        return f"{answer.action} {answer.content}"
    form = {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]}
    question = ElicitRequestFormParams(message="Who are you?", requested_schema=form)
    return InputRequiredResult(input_requests={"who": ElicitRequest(params=question)})


@server.resource("note://one")
def one() -> str:
    """A note."""
    return "first note"


if __name__ == "__main__":
    server.run(show_banner=False)
