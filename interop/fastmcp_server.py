"""A server by FastMCP, for our own command to visit: one tool that adds, one that asks, and a resource."""

from fastmcp import Context, FastMCP

server = FastMCP("fastmcp", version="1.0.0")


@server.tool
def sum(a: int, b: int) -> int:
    """Adds."""
    return a + b


@server.tool
async def ask(ctx: Context) -> str:
    """Asks."""
    answer = await ctx.elicit("Who are you?", response_type=str)
    return f"{answer.action} {getattr(answer, 'data', None)}"


@server.resource("note://one")
def one() -> str:
    """A note."""
    return "first note"


if __name__ == "__main__":
    server.run(show_banner=False)
