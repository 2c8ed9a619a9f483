"""What the sample company's people do: every event of one person, from the steps that `visitors` decided."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from posthog_wizard.sandbox.sample import catalog
from posthog_wizard.sandbox.sample.visitors import DAY, END_OF_DATA, HOUR, PRICES, Person, uuid, weighted_choice

_RETURNING = 0.84  # from one visit to the next
_DOCTOR_CALLS = 3.4  # on average
_EXPOSED = "$feature_flag_called"


class EventRow(NamedTuple):
    """An event. `at` in seconds since the first midnight of the data."""

    event: str
    at: float
    distinct_id: str
    person_id: str
    session_id: str
    properties: dict[str, Any]


class _Visit(NamedTuple):
    person: Person
    session_id: str
    about: dict[str, Any]  # what every event of the session says

    def row(self, event: str, at: float, **properties: Any) -> EventRow:
        known = at >= self.person.steps.get("signed_up", END_OF_DATA)
        distinct_id = self.person.user_id if known else self.person.visitor_id
        return EventRow(event, at, distinct_id, self.person.id, self.session_id, self.about | properties)


def journey(random: Random, person: Person) -> Iterator[EventRow]:
    """Every event of one person, in no order; those after the end of the data are left out."""
    found = (row for part in _PARTS for row in part(random, person))
    return (row for row in found if row.at < END_OF_DATA)


def _visit(random: Random, person: Person) -> _Visit:
    browser, system, device = person.device
    session = uuid(random)
    about = {
        "$session_id": session,
        "$browser": browser,
        "$os": system,
        "$device_type": device,
        "$geoip_country_code": person.country,
        "$referring_domain": person.referrer,
        "$lib": "web",
    }
    return _Visit(person, session, about | ({"utm_source": person.source} if person.source else {}))


def _page(path: str) -> dict[str, str]:
    return {"$current_url": catalog.SITE + path, "$pathname": path}


def _visits(random: Random, person: Person) -> Iterator[EventRow]:
    """Pages, the first time and, for those who signed up, again and again."""
    at = person.first_seen
    again = _RETURNING if "signed_up" in person.steps else 0.25
    while at < END_OF_DATA:
        now, moment = _visit(random, person), at
        for number in range(1 + min(5, int(random.expovariate(0.7)))):
            path = "/" if number == 0 and at == person.first_seen else weighted_choice(random, "pages")
            yield now.row("$pageview", moment, **_page(path))
            if random.random() < 0.12:
                text = random.choice(catalog.CHOICES["buttons"])
                yield now.row("$autocapture", moment + 4, **{"$event_type": "click", "$el_text": text}, **_page(path))
            moment += 5 + random.expovariate(1 / 60)
            if random.random() < 0.45:
                yield now.row("$pageleave", moment - 1, **_page(path))
        if random.random() > again:
            return
        at += random.expovariate(1 / (3.5 * DAY)) + HOUR


def _account(random: Random, person: Person) -> Iterator[EventRow]:
    steps, now = person.steps, _visit(random, person)
    if "signed_up" not in steps:
        return
    at = steps["signed_up"]
    yield now.row("$pageview", at - 20, **_page("/sign-up"))
    yield now.row("$identify", at)
    yield now.row("signed_up", at, method=weighted_choice(random, "methods"), **_page("/sign-up"))
    yield now.row(_EXPOSED, at + 2, **_flag(catalog.DOCTOR_FLAG["key"], _has_doctor(person)))
    if "onboarding_completed" in steps:
        seconds = round(random.gauss(210, 60), 1)
        yield now.row("onboarding_completed", steps["onboarding_completed"], duration_seconds=max(30.0, seconds))


def _plants(random: Random, person: Person) -> Iterator[EventRow]:
    at = person.steps.get("plant_added", END_OF_DATA)
    count = 0
    while at < END_OF_DATA and count < 9:
        count += 1
        now = _visit(random, person)
        yield now.row(
            "plant_added", at, species=weighted_choice(random, "species"), plant_count=count, **_page("/plants")
        )
        moment = at  # reminders of this plant, for as long as its owner keeps at it
        while random.random() < 0.74 and moment < END_OF_DATA:
            moment += (5 + random.random() * 5) * DAY
            now = _visit(random, person)
            task = {"task": weighted_choice(random, "tasks"), "on_time": random.random() < 0.8}
            yield now.row("reminder_completed", moment, **task, **_page("/reminders"))
        if random.random() > 0.62:
            return
        at += random.expovariate(1 / (6 * DAY)) + 60


def _checkout(random: Random, person: Person) -> Iterator[EventRow]:
    steps, now = person.steps, _visit(random, person)
    if "checkout_started" not in steps:
        return
    at = steps["checkout_started"]
    variant = {"$feature/new-checkout": person.variant} if person.variant else {}
    source = weighted_choice(random, "checkouts")
    yield now.row("$pageview", at - 4, **_page("/checkout"), **variant)
    if person.variant:
        yield now.row(_EXPOSED, at - 3, **_flag(catalog.CHECKOUT_FLAG["key"], person.variant))
    yield now.row("checkout_started", at, plan=person.plan, source=source, **variant)
    if random.random() < 0.08:
        yield now.row(
            "payment_failed", at + 80, plan=person.plan, reason=weighted_choice(random, "declines"), **variant
        )
    if "subscription_started" in steps:
        paid = {"plan": person.plan, "amount": PRICES[person.plan], "currency": "USD"}
        yield now.row("subscription_started", steps["subscription_started"], **paid, **variant)


def _cancellation(random: Random, person: Person) -> Iterator[EventRow]:
    at, now = person.steps.get("subscription_cancelled", END_OF_DATA), _visit(random, person)
    (choice,) = random.choices(catalog.CHURN["questions"][0]["choices"], (41, 22, 19, 18))
    yield now.row("subscription_cancelled", at, plan=person.plan, reason=choice)
    if at < _moment(catalog.CHURN["end_date"]):
        answers = {catalog.CHURN["questions"][0]["id"]: choice}
        yield from _survey(random, now, catalog.CHURN, at + 5, 0.7, answers)


def _opinion(random: Random, person: Person) -> Iterator[EventRow]:
    """The survey that asks people some time after their first plant."""
    at = person.steps.get("plant_added", END_OF_DATA) + random.uniform(2, 20) * DAY
    if at > _moment(catalog.NPS["start_date"]):
        score = weighted_choice(random, "scores")
        reason = random.choice(catalog.CHOICES["good_reasons" if score > 7 else "poor_reasons"])
        rating, open_question = catalog.NPS["questions"]
        answers = {rating["id"]: score} | ({open_question["id"]: reason} if random.random() < 0.6 else {})
        yield from _survey(random, _visit(random, person), catalog.NPS, at, 0.38, answers)


def _survey(
    random: Random, now: _Visit, survey: dict[str, Any], at: float, answering: float, answers: dict[str, Any]
) -> Iterator[EventRow]:
    which = {"$survey_id": survey["id"], "$survey_name": survey["name"]}
    yield now.row("survey shown", at, **which)
    chance = random.random()
    if chance < answering:
        said = {f"$survey_response_{question}": str(answer) for question, answer in answers.items()}
        first = {"$survey_response": str(next(iter(answers.values())))}
        yield now.row("survey sent", at + random.uniform(4, 60), **which, **first, **said)
    elif chance < answering + 0.35:
        yield now.row("survey dismissed", at + random.uniform(1, 20), **which)


def _doctor(random: Random, person: Person) -> Iterator[EventRow]:
    """Questions to the plant doctor, for those whose flag is on."""
    if "plant_added" not in person.steps or not _has_doctor(person):
        return
    at = person.steps["plant_added"]
    while at < END_OF_DATA and random.random() > 1 / (_DOCTOR_CALLS + 1):
        at += random.expovariate(1 / (4 * DAY))
        now = _visit(random, person)
        provider, model, price_in, price_out, _ = random.choices(catalog.MODELS, [row[4] for row in catalog.MODELS])[0]
        tokens_in, tokens_out = int(random.gauss(1800, 500)) + 2000, int(random.expovariate(1 / 350)) + 60
        about = {
            "$ai_provider": provider,
            "$ai_model": model,
            "$ai_input_tokens": tokens_in,
            "$ai_output_tokens": tokens_out,
            "$ai_total_cost_usd": round((tokens_in * price_in + tokens_out * price_out) / 1e6, 6),
            "$ai_latency": round(0.6 + tokens_out / 90 + random.random(), 3),
            "$ai_trace_id": uuid(random),
            "$ai_is_error": random.random() < 0.02,
        }
        yield now.row("$ai_generation", at, **about)


_PARTS = (_visits, _account, _plants, _checkout, _cancellation, _opinion, _doctor)


def errors(random: Random, sessions: list[EventRow]) -> Iterator[EventRow]:
    """The exceptions of every issue, each shortly after a page view in the time in which the issue was seen."""
    for issue in catalog.ISSUES:
        first, last = END_OF_DATA - issue.first * DAY, END_OF_DATA - issue.last * DAY
        seen = [row for row in sessions if first <= row.at < last - 60]
        frames = [
            {"filename": file, "function": function, "lineno": line, "in_app": True, "resolved": True}
            for file, function, line in issue.frames
        ]
        mechanism, trace = {"handled": False, "synthetic": False}, {"type": "resolved", "frames": frames}
        thrown = [{"type": issue.type, "value": issue.value, "mechanism": mechanism, "stacktrace": trace}]
        properties = {
            "$exception_list": thrown,
            "$exception_types": json.dumps([issue.type]),
            "$exception_values": json.dumps([issue.value]),
            "$exception_issue_id": issue.id,
            "$exception_fingerprint": issue.fingerprint,
            "$exception_level": "error",
            "$lib": issue.library,
        }
        for row in random.choices(seen, k=issue.occurrences):
            at = row.at + 1 + random.random() * 20
            yield row._replace(event="$exception", at=at, properties=row.properties | properties)


def _flag(key: str, value: Any) -> dict[str, Any]:
    return {"$feature_flag": key, "$feature_flag_response": value, f"$feature/{key}": value}


def _has_doctor(person: Person) -> bool:
    return bool(person.number * 37 % 100 < catalog.DOCTOR_FLAG["filters"]["groups"][0]["rollout_percentage"])


def _moment(days_ago: str) -> float:
    """The time that a row says as `~30d`."""
    return END_OF_DATA - int(days_ago[1:-1]) * DAY
