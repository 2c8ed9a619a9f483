"""ExperimentQuery and ExperimentExposureQuery: who saw which variant, and what came of it.

https://posthog.com/docs/experiments/exposures, https://posthog.com/docs/experiments/metrics
"""

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any, NamedTuple

from posthog_wizard.sandbox.hogql.terms import moment_term, sql_text
from posthog_wizard.sandbox.queries import dates, funnels_query, series
from posthog_wizard.sandbox.queries.series import Events, both
from posthog_wizard.sandbox.queries.statistics import Comparison, VariantSample, compared
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, Reader
from posthog_wizard.sandbox.sample import catalog

_CONTROL = "control"
_CALLED = "$feature_flag_called"
_SEVERAL = "$multiple"  # people who saw more than one variant, and are left out
_Sample = tuple[VariantSample, Answer]  # with details that its kind of metric has
_Samples = dict[str, _Sample]
_NOBODY: _Sample = (VariantSample(0, 0, 0), {})


class _Experiment(NamedTuple):
    flag: str
    variants: tuple[str, ...]
    range: dates.Range
    criteria: Query


def exposures(query: Query, reader: Reader) -> Answer:
    """How many people saw each variant, day by day, all until then."""
    given = dict(reader.experiment or {}) | {
        field: query[field]
        for field in ("exposure_criteria", "feature_flag", "start_date", "end_date")
        if query.get(field)
    }
    of = _experiment(given, query, reader)
    rows = reader.run(
        f"SELECT variant, CAST(seen AS DATE) AS day, count(*) FROM ({_exposed(of, reader)}) GROUP BY ALL ORDER BY ALL"
    ).rows
    days = [dates.day_text(at) for at in dates.buckets(of.range, "day")]
    daily = {(variant, day): number for variant, day, number in rows}
    seen = [one for one in (*of.variants, _SEVERAL) if any(variant == one for variant, _ in daily)]
    counts = {variant: list(accumulate(daily.get((variant, day), 0) for day in days)) for variant in seen}
    return {
        "kind": "ExperimentExposureQuery",
        "timeseries": [{"variant": one, "days": days, "exposure_counts": counts[one]} for one in seen],
        "total_exposures": {one: counts[one][-1] for one in seen},
        "date_range": of.range.told(),
    }


def answer(query: Query, reader: Reader) -> Answer:
    """A metric's result: what each variant's people did, and how they compare with the control's."""
    metric = query.get("metric")
    if not isinstance(metric, Mapping) or metric.get("metric_type") not in _METRICS:
        raise QueryRejected(f"The sandbox knows metrics of the types {', '.join(_METRICS)}.", "metric")
    of = _experiment(dict(reader.experiment or {}), query, reader)
    samples = _METRICS[str(metric["metric_type"])](metric, of, reader)
    baseline, more = samples.get(_CONTROL, _NOBODY)
    variants = {variant: samples.get(variant, _NOBODY) for variant in of.variants if variant != _CONTROL}
    found = {variant: compared(sample, baseline) for variant, (sample, _) in variants.items()}
    values = [one for one in found.values() if one is not None]
    return {
        "kind": "ExperimentQuery",
        "metric": dict(metric),
        "baseline": {"key": _CONTROL, **_told(baseline), **more},
        "variant_results": [
            {"key": variant, "method": "bayesian", **_told(sample), **details} | _difference(found[variant], metric)
            for variant, (sample, details) in variants.items()
        ],
        "significant": any(one.significant for one in values),
        "p_value": min((one.p_value for one in values), default=None),
    }


def _difference(found: Comparison | None, metric: Query) -> Answer:
    if found is None:
        return {"validation_failures": ["not-enough-exposures"]}
    return {
        "difference": found.difference,
        "chance_to_win": 1 - found.chance_to_win if metric.get("goal") == "decrease" else found.chance_to_win,
        "credible_interval": [found.low, found.high],
        "p_value": found.p_value,
        "significant": found.significant,
    }


def _told(sample: VariantSample) -> Answer:
    return {"number_of_samples": sample.number, "sum": sample.sum, "sum_squares": sample.squares, "mean": sample.mean}


def _experiment(given: Query, query: Query, reader: Reader) -> _Experiment:
    """The experiment that the API gave, or the story's own. Raises QueryRejected for one without a start."""
    if not given.get("start_date") and str(query.get("experiment_id")) == str(catalog.EXPERIMENT_ID):
        started = dates.start_of(dates.shifted(reader.now, "day", -catalog.EXPERIMENT_DAYS), "day")
        given = {"feature_flag_key": catalog.CHECKOUT_FLAG["key"], "start_date": started.isoformat(), **given}
    if not given.get("start_date"):
        raise QueryRejected("The experiment has not started.", "experiment_id")
    flag = given.get("feature_flag") or {}
    key = given.get("feature_flag_key") or flag.get("key")
    multivariate = ((flag.get("filters") or {}).get("multivariate") or {}).get("variants")
    variants = (given.get("parameters") or {}).get("feature_flag_variants") or multivariate or []
    keys = tuple(str(one.get("key")) for one in variants) or (_CONTROL, "test")
    start = dates.parse_date(given["start_date"], reader.now)
    end = dates.parse_date(given["end_date"], reader.now) if given.get("end_date") else reader.now
    return _Experiment(str(key), keys, dates.Range(start, max(start, end)), given.get("exposure_criteria") or {})


def _exposed(of: _Experiment, reader: Reader) -> str:
    """Each person with the variant, and when it was first seen, as SQL: columns person_id, variant, seen."""
    events = Events.of(reader)
    config = of.criteria.get("exposure_config") or {}
    event = config.get("event") or _CALLED
    key = "$feature_flag_response" if event == _CALLED else f"$feature/{of.flag}"
    variant = events.prop(key).sql
    asked = [f"e.event = {sql_text(str(event))}", of.range.condition("e.timestamp")]
    asked.append(f"{variant} IN ({', '.join(sql_text(one) for one in of.variants)})")
    if event == _CALLED:
        asked.append(f"{events.prop('$feature_flag').sql} = {sql_text(of.flag)}")
    asked.append(events.properties(config.get("properties")))
    asked.append(events.conditions({"filterTestAccounts": of.criteria.get("filterTestAccounts")}))
    one = f"arg_min({variant}, e.timestamp)"
    if of.criteria.get("multiple_variant_handling") != "first_seen":
        one = f"CASE WHEN count(DISTINCT {variant}) > 1 THEN {sql_text(_SEVERAL)} ELSE {one} END"
    return (
        f"SELECT e.person_id AS person_id, {one} AS variant, min(e.timestamp) AS seen FROM events AS e "
        f"WHERE {both(asked)} GROUP BY e.person_id"
    )


def _after(metric: Query, of: _Experiment) -> str:
    """Which events `e` count for a person `x`: those after the exposure, within the window where there is one."""
    found = f"e.timestamp >= x.seen AND e.timestamp <= {moment_term(of.range.end).sql}"
    if not metric.get("conversion_window"):
        return found
    seconds = funnels_query.window(
        {
            "funnelWindowInterval": metric["conversion_window"],
            "funnelWindowIntervalUnit": metric.get("conversion_window_unit") or "hour",
        }
    )
    return f"{found} AND e.timestamp <= x.seen + to_seconds({seconds})"


def _values(metric: Query, of: _Experiment, reader: Reader, node: Any) -> str:
    """A number for each exposed person, as SQL: columns person_id, variant, value."""
    if not isinstance(node, Mapping):
        raise QueryRejected("The metric has no event.", "metric")
    events = Events.of(reader)
    counted = series.math(node) in {"dau", "unique_session", *series.VALUES}
    value = series.aggregate(node, events) if counted else "count(*)"
    return (
        f"SELECT x.person_id AS person_id, x.variant AS variant, coalesce({value} FILTER (WHERE e.uuid IS NOT NULL), 0) AS value "
        f"FROM ({_exposed(of, reader)}) AS x LEFT JOIN events AS e ON e.person_id = x.person_id AND {_after(metric, of)} "
        f"AND {events.series(node)} GROUP BY x.person_id, x.variant"
    )


def _mean(metric: Query, of: _Experiment, reader: Reader) -> _Samples:
    rows = reader.run(f"SELECT variant, count(*), sum(value), sum(value * value) FROM ({_values(metric, of, reader, metric.get('source'))}) GROUP BY variant").rows  # fmt: skip
    return {variant: (VariantSample(number, total, squares), {}) for variant, number, total, squares in rows}


def _ratio(metric: Query, of: _Experiment, reader: Reader) -> _Samples:
    """One sum over another: a person counts by how far the numerator is from the ratio (the delta method)."""
    above, below = (_values(metric, of, reader, metric.get(part)) for part in ("numerator", "denominator"))
    rows = reader.run(
        "SELECT variant, count(*), sum(a.value), sum(b.value), sum(a.value * a.value), sum(b.value * b.value), sum(a.value * b.value) "
        f"FROM ({above}) AS a JOIN ({below}) AS b USING (person_id, variant) GROUP BY variant"
    ).rows
    return {row[0]: _ratio_sample(*row[1:]) for row in rows}


def _ratio_sample(
    number: int, above: float, below: float, above_squares: float, below_squares: float, products: float
) -> _Sample:
    if not below:
        return VariantSample(number, 0, 0), {}
    ratio, mean = above / below, below / number
    spread = (above_squares - 2 * ratio * products + ratio**2 * below_squares) / mean**2
    details = {"numerator_sum": above, "denominator_sum": below}
    return VariantSample(number, ratio * number, ratio**2 * number + spread), details


def _funnel(metric: Query, of: _Experiment, reader: Reader) -> _Samples:
    nodes = metric.get("series")
    if not isinstance(nodes, list) or not 0 < len(nodes) <= funnels_query.MOST_STEPS:
        raise QueryRejected("A funnel metric has at least one step in `series`.", "metric")
    if metric.get("funnel_order_type") not in {None, "ordered"}:
        raise QueryRejected("Steps are counted in their order here.", "funnel_order_type")
    events = Events.of(reader)
    columns = ", ".join(f"({events.series(node)}) AS step{index}" for index, node in enumerate(nodes))
    steps = ["step0 AS (SELECT person_id, min(seen) AS seen FROM taken WHERE step0 GROUP BY person_id)"]
    steps += [
        f"step{index} AS (SELECT person_id, min(taken.seen) AS seen FROM taken JOIN step{index - 1} AS b USING (person_id) "
        f"WHERE taken.step{index} AND taken.seen > b.seen GROUP BY person_id)"
        for index in range(1, len(nodes))
    ]
    joins = " ".join(f"LEFT JOIN step{index} USING (person_id)" for index in range(len(nodes)))
    counts = ", ".join(f"count(step{index}.seen)" for index in range(len(nodes)))
    rows = reader.run(
        f"WITH exposed AS ({_exposed(of, reader)}), taken AS (SELECT x.person_id AS person_id, e.timestamp AS seen, {columns} "
        f"FROM exposed AS x JOIN events AS e ON e.person_id = x.person_id AND {_after(metric, of)}), {', '.join(steps)} "
        f"SELECT variant, count(*), {counts} FROM exposed {joins} GROUP BY variant"
    ).rows
    return {row[0]: (VariantSample(row[1], row[-1], row[-1]), {"step_counts": row[2:]}) for row in rows}


_METRICS: dict[str, Callable[[Query, _Experiment, Reader], _Samples]] = {
    "funnel": _funnel,
    "mean": _mean,
    "ratio": _ratio,
}
