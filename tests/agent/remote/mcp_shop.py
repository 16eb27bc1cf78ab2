"""An MCP server of a shop, as a program: on its stdin, or on the port of 127.0.0.1 that its argument says."""

import asyncio
import os
import pathlib
import sys

from mcp.server.mcpserver import MCPServer

shop = MCPServer("shop")


@shop.tool()
def price(drink: str, size: int = 1) -> str:
    """What a drink costs.

    The size is in cups.
    """
    return f"{drink} {size * 4} dollars"


@shop.tool()
def refuse() -> str:
    """Says no."""
    raise ValueError("we are closed")


@shop.tool(name="who.is")
def who_is() -> dict[str, int]:
    """The process."""
    return {"pid": os.getpid()}


@shop.tool()
async def hang(note: str) -> str:
    """Takes for ever, and notes that it began."""
    pathlib.Path(note).write_text("began")
    await asyncio.sleep(3600)
    return "never"


@shop.tool()
def die() -> str:
    """Ends the process at once."""
    os._exit(1)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        shop.run("streamable-http", port=int(sys.argv[1]))
    else:
        shop.run()
