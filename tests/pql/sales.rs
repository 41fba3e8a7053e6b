//! Sales triggers: each built-in pattern fits what it describes, and not what comes near.

use super::{TODAY, memory, policy};
use plimsoll::engine::memory::{Memory, Table};
use plimsoll::policy::Policy;
use plimsoll::pql::trigger::{Evidence, Facts, Pattern};
use plimsoll::unit::Key;
use serde_json::json;

fn pattern(policy: &Policy, id: &str) -> (i64, Pattern) {
    let mut triggers = policy.sales_triggers();
    let (_, hours, pattern) = triggers.find(|(own, ..)| *own == id).unwrap();
    (hours, pattern)
}

fn fits(id: &str, memory: &Memory, facts: Facts) -> Option<Evidence> {
    let facts = Facts {
        today: TODAY,
        ..facts
    };
    pattern(&policy(json!({})), id).1.fits(memory, &facts)
}

/// A memory in which usage of a meter was counted: age in days, amount.
fn usage(counted: &[(i64, i64)]) -> Memory {
    let mut memory = Memory::default();
    for (age, amount) in counted {
        let monday = TODAY - age + 3;
        let mut v = [0; 7];
        v[(monday % 7) as usize] = *amount;
        let meter = u64::from(Key::of("emails").0) << 32;
        memory.join(Table::Daily, meter, (monday / 7).cast_unsigned(), &v);
    }
    memory
}

#[test]
fn what_must_be_answered_within_a_day_fits_what_happened_of_late() {
    for (id, signal, count, days) in [
        ("limit-hit", "limit_hit", 1, 1),
        ("pricing-visits", "pricing_visits", 3, 7),
        ("upgrade-question", "upgrade_question", 1, 7),
        ("invitations", "teammate_invited", 5, 1),
    ] {
        assert_eq!(pattern(&policy(json!({})), id).0, 24);
        let enough = memory(&[(signal, 0, count - 1), (signal, days - 1, 1)]);
        let found = fits(id, &enough, Facts::default()).unwrap();
        assert_eq!((found.count, found.before), (count, 0), "{id}");
        let old = memory(&[(signal, 0, count - 1), (signal, days, 1)]);
        assert_eq!(fits(id, &old, Facts::default()), None, "{id}");
    }
}

#[test]
fn the_score_past_the_line_asks_within_five_days() {
    assert_eq!(pattern(&policy(json!({})), "pql").0, 120);
    let nothing = Memory::default();
    assert_eq!(fits("pql", &nothing, Facts::default()), None);
    let facts = Facts {
        rise: 2,
        ..Facts::default()
    };
    assert_eq!(fits("pql", &nothing, facts).unwrap().count, 2);
}

#[test]
fn usage_that_grew_by_half_is_growth_and_less_is_not() {
    let grown = usage(&[(3, 600), (29, 300), (30, 200), (59, 400)]);
    let found = fits("usage-growth", &grown, Facts::default()).unwrap();
    assert_eq!((found.count, found.before), (900, 600));
    let less = usage(&[(3, 599), (29, 300), (30, 200), (59, 400)]);
    assert_eq!(fits("usage-growth", &less, Facts::default()), None);
    let first = usage(&[(3, 900)]);
    assert_eq!(
        fits("usage-growth", &first, Facts::default()),
        None,
        "nothing to grow from"
    );
}

#[test]
fn from_one_active_user_to_three_is_growth_of_a_team() {
    let grown = memory(&[("active_users", 2, 3), ("active_users", 40, 1)]);
    let found = fits("more-users", &grown, Facts::default()).unwrap();
    assert_eq!((found.count, found.before, found.newest), (3, 1, TODAY - 2));
    let two_before = memory(&[("active_users", 2, 3), ("active_users", 30, 2)]);
    assert_eq!(fits("more-users", &two_before, Facts::default()), None);
    let two_now = memory(&[("active_users", 2, 2)]);
    assert_eq!(fits("more-users", &two_now, Facts::default()), None);
}

#[test]
fn exploration_that_rises_needs_some_to_begin_with() {
    let rising = memory(&[("feature_tried", 1, 3), ("feature_tried", 14, 2)]);
    assert!(fits("exploration-rising", &rising, Facts::default()).is_some());
    let steady = memory(&[("feature_tried", 1, 3), ("feature_tried", 27, 3)]);
    assert_eq!(fits("exploration-rising", &steady, Facts::default()), None);
    let two = memory(&[("feature_tried", 1, 2)]);
    assert_eq!(fits("exploration-rising", &two, Facts::default()), None);
}

#[test]
fn a_power_user_is_active_on_twenty_days_of_thirty() {
    let days = |count: i64| {
        let active: Vec<_> = (0..count).map(|age| ("active_days", age, 1)).collect();
        memory(&active)
    };
    let found = fits("power-user", &days(20), Facts::default()).unwrap();
    assert_eq!(found.count, 20);
    assert_eq!(fits("power-user", &days(19), Facts::default()), None);
    let once = memory(&[("active_days", 0, 20)]);
    assert_eq!(
        fits("power-user", &once, Facts::default()),
        None,
        "days, not counts"
    );
}

#[test]
fn a_renewal_that_is_near_asks_when_much_is_used() {
    let facts = |days: i64, used_percent| Facts {
        renews: Some(TODAY + days),
        used_percent,
        ..Facts::default()
    };
    let nothing = Memory::default();
    let found = fits("renewal-near", &nothing, facts(30, 80)).unwrap();
    assert_eq!((found.count, found.before), (80, 30));
    for other in [
        facts(31, 80),
        facts(30, 79),
        facts(-1, 99),
        Facts::default(),
    ] {
        assert_eq!(fits("renewal-near", &nothing, other), None, "{other:?}");
    }
}

#[test]
fn an_own_trigger_replaces_drops_and_adds() {
    let policy = policy(
        json!({"scoring": {"defaults": false, "signals": {"report": {}}}, "sales_triggers": [
            {"id": "pql", "respond_hours": 12},
            {"id": "renewal-near", "on": false},
            {"id": "reports", "respond_hours": 48, "when": {"signal": "report", "count": 2, "window_days": 3}},
        ]}),
    );
    let found: Vec<(&str, i64)> = policy
        .sales_triggers()
        .map(|(id, hours, _)| (id, hours))
        .collect();
    // Those whose signals the policy does not have are left out.
    assert_eq!(found, [("pql", 12), ("reports", 48), ("usage-growth", 120)]);
    let reports = memory(&[("report", 2, 2)]);
    let facts = Facts {
        today: TODAY,
        ..Facts::default()
    };
    assert!(
        pattern(&policy, "reports")
            .1
            .fits(&reports, &facts)
            .is_some()
    );
}
