use super::*;

fn folder() -> PathBuf {
    crate::host::at("tests/data/forecast")
}

#[test]
fn the_figures_on_real_counts_are_within_their_bounds() {
    let series = read_series(&folder().join("series.csv")).unwrap();
    let tasks = read_tasks(&folder().join("tasks.json")).unwrap();
    let answers = answer_all(&series, &tasks).unwrap();
    let scores = score::scores(&tasks, &answers);
    let naive = score::scores(&tasks, &score::naive(&tasks));
    let (_, all) = &scores[0];
    assert_eq!(all.tasks, 384.0);
    assert!(all.error() <= 0.241, "{all:?}");
    assert!((0.77..=0.90).contains(&all.coverage()), "{all:?}");
    assert!(all.false_alarms() <= 0.19, "{all:?}");
    for ((name, score), (_, naive)) in scores.iter().zip(&naive) {
        assert!(
            score.error() <= 1.02 * naive.error(),
            "{name}: {} against {}",
            score.error(),
            naive.error()
        );
    }
    for (task, answer) in tasks.iter().zip(&answers) {
        let last = task.reset.map_or(task.as_of + 365, |reset| reset - 1);
        for day in [answer.date, answer.from, answer.until]
            .into_iter()
            .flatten()
        {
            assert!(task.as_of < day && day <= last, "{}: {day}", task.id);
        }
        let [from, date, until] =
            [answer.from, answer.date, answer.until].map(|day| day.unwrap_or(i64::MAX));
        assert!(from <= date && (answer.date.is_none() || date <= until));
    }
}

#[test]
fn the_scorer_is_the_one_of_the_folder() {
    // What `baselines.json` of the folder says of the naive pace; its sums of fractions round some
    // answers up to the next day.
    let tasks = read_tasks(&folder().join("tasks.json")).unwrap();
    let naive = score::scores(&tasks, &score::naive(&tasks));
    let (_, all) = &naive[0];
    assert!((all.error() - 0.246).abs() < 0.001, "{}", all.error());
    assert!((all.false_alarms() - 0.1923).abs() < 0.0001);
}

#[test]
fn nothing_after_the_day_of_asking_is_looked_at() {
    let tasks = read_tasks(&folder().join("tasks.json")).unwrap();
    let series = read_series(&folder().join("series.csv")).unwrap();
    for task in &tasks {
        let mut days = series[&task.series].clone();
        let before = answer(&days, task);
        for (day, amount) in &mut days {
            if *day > task.as_of {
                *amount = 0;
            }
        }
        let after = answer(&days, task);
        assert_eq!(
            (before.date, before.from, before.until),
            (after.date, after.from, after.until)
        );
    }
}

#[test]
fn a_cell_may_hold_commas_and_quotes() {
    assert_eq!(cells("a,b"), ["a", "b"]);
    assert_eq!(cells("\"a, \"\"b\"\"\",2,"), ["a, \"b\"", "2", ""]);
}

#[test]
fn dates_are_read_and_written() {
    assert_eq!(day_of_text("1970-01-01").unwrap(), 0);
    assert_eq!(text_of(day_of_text("2024-02-29").unwrap()), "2024-02-29");
    for wrong in ["2023-02-29", "1969-12-31", "2026-1-1", ""] {
        assert!(day_of_text(wrong).is_err(), "{wrong}");
    }
}
