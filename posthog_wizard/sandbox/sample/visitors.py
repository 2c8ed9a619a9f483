"""Who the sample company's visitors are, and how far each of them gets: decided before any event is made."""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from posthog_wizard.sandbox.sample import catalog

HOUR, DAY = 3600.0, 86400.0
END_OF_DATA = catalog.DAYS * DAY  # seconds since the first midnight of the data, as every time below
_EXPERIMENT_START = END_OF_DATA - (catalog.EXPERIMENT_DAYS + 0.5) * DAY
_TEAM = 5  # people of the company itself
_EARLY_CHECKOUTS = 150  # before the experiment
_EARLY_CONVERSION = 0.33
_CANCELLING = 0.4  # of those who have paid for ten days
PRICES = {"plus_monthly": 4.99, "plus_yearly": 47.88}


@dataclass(frozen=True)
class Person:
    """One visitor. `steps` has the time of each step of the funnel that was taken, and of a cancellation."""

    number: int
    id: str
    visitor_id: str  # the distinct id before the sign-up
    user_id: str  # and after it
    email: str
    name: str
    country: str
    source: str
    device: list[str]  # browser, system, kind
    first_seen: float
    plan: str
    variant: str = ""  # of the experiment
    steps: dict[str, float] = field(default_factory=dict)

    @property
    def referrer(self) -> str:
        """The domain that the person came from."""
        return catalog.REFERRERS[self.source]


def everybody(random: Random) -> list[Person]:
    """All people with their steps; the first `_TEAM` of them work for the company."""
    people = [_person(random, number) for number in range(catalog.PEOPLE)]
    _checkouts(random, people)
    for person in people:
        paid = person.steps.get("subscription_started", END_OF_DATA)
        if paid < END_OF_DATA - 10 * DAY and random.random() < _CANCELLING:
            person.steps["subscription_cancelled"] = random.uniform(paid + 3 * DAY, END_OF_DATA - HOUR)
    return people


def uuid(random: Random) -> str:
    """A random UUID of version 4."""
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def weighted_choice(random: Random, choices: str) -> Any:
    """One of the catalog's choices of that name, by their weights."""
    weighted = catalog.CHOICES[choices]
    return random.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]


def _person(random: Random, number: int) -> Person:
    given, family = random.choice(catalog.CHOICES["first_names"]), random.choice(catalog.CHOICES["last_names"])
    domain = catalog.TEAM_DOMAIN if number < _TEAM else f"@{random.choice(('mail', 'post', 'home'))}.example"
    first = 0 if number < _TEAM else int(catalog.DAYS * random.random() ** 0.75)  # the company grows
    person = Person(
        number=number,
        id=uuid(random),
        visitor_id=uuid(random),
        user_id=f"user_{number:05d}",
        email=f"{given}.{family}.{number}{domain}".lower(),
        name=f"{given} {family}",
        country=weighted_choice(random, "countries"),
        source=weighted_choice(random, "sources"),
        device=weighted_choice(random, "devices"),
        first_seen=first * DAY + min(23.5, max(0.0, random.gauss(14.0, 4.5))) * HOUR,
        plan=weighted_choice(random, "plans"),
    )
    _first_steps(random, person)
    return person


def _first_steps(random: Random, person: Person) -> None:
    """How far somebody gets: each step with its chance, and the hours that it takes."""
    at = person.first_seen
    for step, chance, hours in (
        ("signed_up", 0.60, 9.0),
        ("onboarding_completed", 0.84, 0.4),
        ("plant_added", 0.90, 5.0),
    ):
        at += 60 + random.expovariate(1 / (hours * HOUR))
        if at > END_OF_DATA - HOUR or (random.random() > chance and person.number >= _TEAM):
            return
        person.steps[step] = at


def _checkouts(random: Random, people: list[Person]) -> None:
    """Who starts a checkout, in which variant, and who pays: exact numbers, so that the experiment has an outcome."""
    able = [person for person in people[_TEAM:] if "plant_added" in person.steps]
    random.shuffle(able)
    wanted = 2 * catalog.EXPERIMENT_SIZE
    tested, rest = able[:wanted], able[wanted:]
    early = [person for person in rest if person.steps["plant_added"] < _EXPERIMENT_START - 2 * DAY][:_EARLY_CHECKOUTS]
    for index, person in enumerate(tested):
        variant = ("control", "test")[index % 2]
        people[person.number] = replace(person, variant=variant)  # the steps are the same object
        pays = index // 2 < catalog.EXPERIMENT_CONVERSIONS[variant]
        _checkout(random, person, _EXPERIMENT_START, END_OF_DATA - HOUR, pays=pays)
    for person in early:
        _checkout(random, person, 0.0, _EXPERIMENT_START, pays=random.random() < _EARLY_CONVERSION)


def _checkout(random: Random, person: Person, earliest: float, latest: float, *, pays: bool) -> None:
    able = max(earliest, person.steps["plant_added"] + 600)
    start = able + (latest - able) * random.random() ** 1.6  # rather soon
    person.steps["checkout_started"] = start
    if pays:
        person.steps["subscription_started"] = start + random.uniform(90, 2400)
