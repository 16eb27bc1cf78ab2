"""When the demo café is open: the dates that callers mean, and the tables that can be had. Times are local, without a zone."""

from datetime import date, datetime, timedelta
from typing import Any

from offhook.agent.menu import HOURS, LARGEST_TABLE, LAST_TABLE_MINUTES, WEEKDAYS
from offhook.errors import ToolError
from offhook.speech.cafe import wording


def hours_on(day: date) -> tuple[datetime, datetime]:
    """When the café opens and closes on a date."""
    opens, closes = (datetime.strptime(each, "%H:%M").time() for each in HOURS[WEEKDAYS[day.weekday()]])
    return datetime.combine(day, opens), datetime.combine(day, closes)


def open_from(now: datetime) -> datetime:
    """Now if the café is open, else when it opens next."""
    opens, closes = hours_on(now)
    return max(now, opens) if now < closes else hours_on(now + timedelta(days=1))[0]


def date_of(day: str, now: datetime) -> date:
    """The date a caller means: a weekday is the next one, today included. Raises ToolError for no day."""
    day = day.strip().lower()
    if day in ("today", "tomorrow"):
        return now.date() + timedelta(days=day == "tomorrow")
    if day == "weekend":
        day = "saturday"
    if day in WEEKDAYS:
        return now.date() + timedelta(days=(WEEKDAYS.index(day) - now.weekday()) % 7)
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise ToolError("Please name a day: today, tomorrow, or a day of the week.") from None


def table_for(people: int, day: str, time: str, now: datetime) -> dict[str, Any]:
    """Whether a table can be had: `free`, and its people, date and time; or `why` not, and what to `ask` again (people,
    day or time). Raises ToolError for what is no day or no time."""

    def not_free(why: str, ask: str) -> dict[str, Any]:
        return {"free": False, "why": why, "ask": ask}

    if not 1 <= people <= LARGEST_TABLE:
        return not_free(f"Our tables are for one to {wording.number(LARGEST_TABLE)} people.", "people")
    try:
        begins = datetime.combine(date_of(day, now), datetime.strptime(time.strip(), "%H:%M").time())
    except ValueError:
        raise ToolError("Please say at what time.") from None
    if begins <= now and day.strip().lower() in WEEKDAYS:
        begins += timedelta(days=7)
    if begins <= now:
        return not_free("That time has passed.", "time" if begins.date() == now.date() else "day")
    opens, closes = hours_on(begins)
    last = closes - timedelta(minutes=LAST_TABLE_MINUTES)
    if not opens <= begins <= last:
        weekday = WEEKDAYS[begins.weekday()]
        hours = " to ".join(wording.clock(each) for each in HOURS[weekday])
        latest = wording.clock(f"{last:%H:%M}")
        return not_free(f"We are open from {hours} {wording.days(weekday)}, and the last table is at {latest}.", "time")
    return {"free": True, "people": people, "date": f"{begins:%Y-%m-%d}", "time": f"{begins:%H:%M}"}
