"""A bakery that answers its telephone. Serve it from the folder above: `offhook serve examples.hello:agent`."""

from offhook import Agent, tool


@tool
async def opening_hours(day: str = "") -> str:
    """When the bakery is open."""
    return "We are closed on Sunday." if day == "sunday" else "We are open from seven to five."


agent = Agent(
    model="local",
    greeting="Hello, this is the Corner Bakery. Ask me when we are open.",
    tools=[opening_hours],
)
