"""When a cron expression fires: as croniter and zoneinfo have it, for generated expressions and moments.

The dialects agree where one field of days is `?` here and `*` there, days of the week are names, a range has two ends
(croniter reads `7-7` as every value), and no firing falls on a time that the zone's clock skips or shows twice: of those each library has its own idea, and AWS says nothing.
"""

import datetime
import json
import os
import random
import subprocess
import zoneinfo

from conftest import binary
from croniter import croniter

COUNT = 10_000
SEED = int(os.environ.get("SCHEDULES_SEED") or random.randrange(2**32))
ZONES = ["UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata",
         "America/Sao_Paulo", "Africa/Cairo", "Pacific/Auckland", "America/St_Johns"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def field(pick, low, high, names=None):
    """A field in one of its forms."""
    def value(number):
        return names[number - low] if names and pick.random() < 0.5 else str(number)

    first, last = sorted(pick.sample(range(low, high + 1), 2))
    step = pick.randint(1, max(1, (high - low) // 2))
    return pick.choice([
        "*", value(first), value(last), f"{value(first)},{value(last)}", f"{value(first)}-{value(last)}",
        f"*/{step}", f"{first}-{last}/{step}",
    ])


def expression(pick):
    """AWS's expression, and croniter's."""
    minute, hour = field(pick, 0, 59), field(pick, 0, 23)
    month = field(pick, 1, 12, MONTHS)
    kind = pick.randrange(5)
    if kind == 0:
        days = pick.choice(["L", *map(str, range(1, 32))])
        ours, theirs = (days, "?"), (days, "*")
    elif kind == 1:
        days = field(pick, 1, 31)
        ours, theirs = (days, "?"), (days, "*")
    elif kind == 2:
        first, last = sorted(pick.sample(range(7), 2))
        days = pick.choice([f"{DAYS[first]}-{DAYS[last]}", f"{DAYS[first]},{DAYS[last]}"])
        ours, theirs = ("?", days), ("*", days)
    elif kind == 3:
        day, nth = pick.randrange(7), pick.randint(1, 5)
        ours, theirs = ("?", f"{DAYS[day]}#{nth}"), ("*", f"{DAYS[day]}#{nth}")
    else:
        day = pick.randrange(7)
        ours, theirs = ("?", f"{DAYS[day]}L"), ("*", f"L{day}")
    aws = f"cron({minute} {hour} {ours[0]} {month} {ours[1]} *)"
    return aws, f"{minute} {hour} {theirs[0]} {month} {theirs[1]}"


def changes(zone):
    """The moments of the years 2025 to 2027 at which the zone's offset changes."""
    start = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
    hours = [start + datetime.timedelta(hours=hour) for hour in range(3 * 365 * 24)]
    return [b for a, b in zip(hours, hours[1:]) if a.astimezone(zone).utcoffset() != b.astimezone(zone).utcoffset()]


def moment(pick, of_zone):
    """Any moment, or one within two days of a change of the clock."""
    if of_zone and pick.random() < 0.5:
        return pick.choice(of_zone) + datetime.timedelta(minutes=pick.randint(-2880, 2880))
    start = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
    return start + datetime.timedelta(seconds=pick.randrange(3 * 365 * 86400))


def is_plain(instant, zone):
    """Whether the wall clock shows it once, and skips nothing within three hours around it."""
    hours = [instant + datetime.timedelta(hours=hour) for hour in (-3, 0, 3)]
    return len({hour.astimezone(zone).utcoffset() for hour in hours}) == 1


def theirs(text, at, zone):
    """The firing up to a moment and the one after it, by croniter on the wall clock, placed by zoneinfo."""
    wall = at.astimezone(zone).replace(tzinfo=None)
    try:
        before = croniter(text, wall + datetime.timedelta(seconds=1), max_years_between_matches=9).get_prev(datetime.datetime)
        after = croniter(text, wall, max_years_between_matches=9).get_next(datetime.datetime)
    except Exception as error:  # no firing within the years that both look at
        assert "failed to find" in str(error).lower(), f"{text}: {error!r}"
        return None
    return tuple(time.replace(tzinfo=zone).astimezone(datetime.timezone.utc) for time in (before, after))


def test_firings_agree_with_croniter_and_zoneinfo():
    print(f"SCHEDULES_SEED={SEED}")
    pick = random.Random(SEED)
    zones = {name: zoneinfo.ZoneInfo(name) for name in ZONES}
    of_zone = {name: changes(zone) for name, zone in zones.items()}
    asked, expected = [], []
    while len(asked) < COUNT:
        name = pick.choice(ZONES)
        aws, cron = expression(pick)
        at = moment(pick, of_zone[name]).replace(microsecond=0)
        answer = theirs(cron, at, zones[name]) if is_plain(at, zones[name]) else None
        if answer and all(is_plain(instant, zones[name]) for instant in answer):
            asked.append({"schedule": aws, "timezone": name, "at": at.isoformat().replace("+00:00", "Z")})
            expected.append([instant.isoformat().replace("+00:00", "Z") for instant in answer])
    lines = "\n".join(map(json.dumps, asked))
    done = subprocess.run(
        [binary("ecs-scaling-sandbox"), "firings"], input=lines, capture_output=True, text=True, timeout=120, check=True
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == COUNT
    differ = [
        (question, answer, wanted)
        for question, answer, wanted in zip(asked, answers, expected)
        if [answer["previous"], answer["next"]] != wanted
    ]
    near = sum(any(abs((datetime.datetime.fromisoformat(question["at"]) - change).total_seconds()) < 3 * 86400
                   for change in of_zone[question["timezone"]]) for question in asked)
    print(f"{COUNT} compared, {near} of them within three days of a change of the clock")
    assert near > COUNT // 10
    assert not differ, f"SCHEDULES_SEED={SEED}: {len(differ)} differ, such as {differ[:3]}"
