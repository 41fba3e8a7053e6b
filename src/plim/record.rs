//! The records of a compiled policy: every field with its unit and range, described once.
//! Owns the shape; the macro of the parent makes each record's getters and its draft from it.
//! `policy::compile` fills the drafts, `engine` reads the records.

use super::{Item, List, Plim, Write, Writer};

records! {
    /// The whole policy, in one locale.
    Root, RootDraft {
        /// The policy's revision, at most 32 characters; copied into every event.
        revision: text,
        /// BCP 47 tag of the texts.
        locale: text,
        /// Plans; the order is the rank, lowest first.
        plans: list<Plan, PlanDraft>,
        /// Meters.
        meters: list<Meter, MeterDraft>,
        /// Features.
        features: list<Feature, FeatureDraft>,
        /// Prompts, one for each meter or feature they apply to, in policy order.
        prompts: list<Prompt, PromptDraft>,
        /// Indexes of prompts whose subject is neither a meter nor a feature (trial ending, score, signal).
        general_prompts: words,
        /// Caps by group; a group named by a prompt is in here.
        groups: list<Group, GroupDraft>,
        /// How interruptions are spaced: first the policy's way, then those of arms.
        pacing: list<Pacing, PacingDraft>,
        /// Experiments that run.
        experiments: list<Experiment, ExperimentDraft>,
        /// 1 when who is held out sees nothing above inline either.
        holdout_prompts: word,
        /// Link to the checkout, with `{plan}` and other placeholders; "" when there is none.
        checkout_link: text,
        /// Link to the prices; "" when there is none.
        pricing_link: text,
        /// Link to a conversation with sales; "" when there is none.
        sales_link: text,
        /// Where the links lead, as patterns of routes: nobody is prompted there.
        target_routes: texts,
        /// Where the prices are, as patterns of routes: whoever comes there gives a signal.
        pricing_routes: texts,
        /// Uses younger than this at a snapshot without `counted` stay on top of it. Default 5,000.
        settle_ms: long,
        /// Where the periods of counters begin: positive east of UTC. -43,200,000 to 50,400,000, default 0.
        utc_offset_ms: long,
        /// Of a hundred accounts, how many are recorded for replay, 0 to 100. Default 20.
        recording_percent: word,
        /// Who is in no experiment: the units that fall into a span of these.
        holdout: list<Split, SplitDraft>,
        /// Lists of values that conditions name, as `targeting::condition` reads them.
        saved_groups: texts,
        /// What conditions look for in texts.
        patterns: list<Pattern, PatternDraft>,
        /// Signals that are counted: those of the score, then those that hosts or prompts name besides.
        signals: list<Signal, SignalDraft>,
        /// The line, and the score below which it arms again, in tenths; then for activation, engagement, value
        /// and expansion the weight and the points that fill it. Empty without a score.
        score_rules: longs,
    }

    /// A signal, and what it gives to the score.
    Signal, SignalDraft {
        /// Key of its rows: a number of `pql::BuiltIn`, else the key of its name.
        key: word,
        /// Its name.
        id: text,
        /// 0 activation, 1 engagement, 2 value, 3 expansion.
        category: word,
        /// Points, 0 for a signal outside the score; negative ones subtract.
        points: long,
        /// For each so many of its count, 1 or more.
        each: long,
        /// The most points it gives or takes.
        cap: long,
        /// Days after which half is left; 0 for no decay.
        half_life_days: long,
        /// Each so many of its count the next give half; 0 for never.
        half_after: long,
        /// Days that count.
        window_days: long,
    }

    /// A pattern, as the steps that its characters are taken by.
    Pattern, PatternDraft {
        /// Bits of the steps that may come first.
        first: long,
        /// Bits of the steps that may come last.
        last: long,
        /// What the steps take, of which there are at most 64.
        takes: list<Take, TakeDraft>,
    }

    /// What a step of a pattern takes: a character, or the start or end of the text.
    Take, TakeDraft {
        /// The bit of the step.
        step: long,
        /// The characters: from (upper half) to (lower half), inclusive.
        span: long,
        /// Bits of the steps that may come after it.
        follow: long,
    }

    /// Units divided by the hash of a seed and their id.
    Split, SplitDraft {
        /// What is hashed with the id.
        seed: text,
        /// Version of the hash, 1 or 2.
        version: word,
        /// From which ten-thousandth (lower 16 bits) to which, exclusive (upper 16), in order.
        spans: words,
    }

    /// A plan.
    Plan, PlanDraft {
        /// Key of the id.
        key: word,
        /// Id.
        id: text,
        /// Its id as conditions read it.
        fact: text,
        /// How it is bought: 0 not at all, 1 at the checkout, 2 through sales.
        buy: word,
        /// Quotas, one for each meter of the policy, in the meters' order.
        quotas: list<Quota, QuotaDraft>,
        /// Indexes of the features it includes, ascending.
        features: words,
    }

    /// What a plan grants on a meter.
    Quota, QuotaDraft {
        /// The limit as in [`crate::unit::Limit`].
        limit: long,
        /// 1 when going over is allowed and billed or tolerated.
        soft: word,
        /// 0 level, 1 day, 2 week, 3 month, 4 year.
        period: word,
    }

    /// A meter.
    Meter, MeterDraft {
        /// Key of the id.
        key: word,
        /// Id.
        id: text,
        /// 0 counter, 1 level.
        kind: word,
        /// Its thresholds, ascending within a kind.
        thresholds: list<Threshold, ThresholdDraft>,
        /// Indexes of the prompts about it.
        prompts: words,
    }

    /// Where something happens on the way to a limit.
    Threshold, ThresholdDraft {
        /// 0 percent (value in basis points), 1 used (absolute), 2 remaining (absolute).
        kind: word,
        /// Its value in the unit of the kind.
        value: long,
        /// Where it is in force, as in `Prompt`. One that is in no policy, only in arms, is reported to nobody.
        arms: words,
    }

    /// A feature.
    Feature, FeatureDraft {
        /// Key of the id.
        key: word,
        /// Id.
        id: text,
        /// Indexes of the prompts about it.
        prompts: words,
    }

    /// A prompt about one subject.
    Prompt, PromptDraft {
        /// Key of the id; the same for all subjects of one prompt.
        key: word,
        /// Id.
        id: text,
        /// 0 threshold, 1 at limit, 2 limit hit, 3 explored, 4 trial ending, 5 projected, 6 score, 7 signal.
        trigger: word,
        /// Kind of the threshold, as in `Threshold`, for trigger 0.
        threshold_kind: word,
        /// Threshold's value; explorations or signals needed; for trial ending the milliseconds before the end, for
        /// projected the days, for a score its tenths.
        value: long,
        /// Window in which explorations or signals count, for triggers 3 and 7.
        window_ms: long,
        /// Bits of the exploration steps that count, 1 << step, for trigger 3; the signal's key for trigger 7.
        steps: word,
        /// 0 none, 1 meter, 2 feature.
        subject_kind: word,
        /// Index of the meter or feature.
        subject: word,
        /// 0 banner, 1 modal, 2 preview dialog, 3 toast, 4 inline, 5 inline preview.
        surface: word,
        /// Place in its lane: a lower rank goes first. Made when compiling from trigger, `rank` and policy order.
        rank: word,
        /// Key of its group, 0 for none.
        group: word,
        /// Its own caps.
        caps: list<Cap, CapDraft>,
        /// Routes it may appear on; empty for all. A trailing `*` matches the rest.
        routes_in: texts,
        /// Routes it stays away from.
        routes_out: texts,
        /// How long after its trigger it may first appear.
        delay_ms: long,
        /// Whom it is for, as `targeting::condition` reads it; "" for everybody.
        audience: text,
        /// 1 when it has a title; without one it is not shown.
        titled: word,
        /// Actions offered when the resolver allows them: bits 1 << `ActionKind`; 0 means all.
        actions: word,
        /// A digest of its id, its words and its actions: what looks the same in two arms has the same.
        look: word,
        /// In which arms it stands; empty for all. First 1 when every pair that follows has to hold (the
        /// policy's own), 0 when one is enough (an arm's); a pair is the index of an experiment and the bits
        /// of its arms, bit 0 for being in none.
        arms: words,
    }

    /// At most `count` in any span of `per_ms`.
    Cap, CapDraft {
        /// At most this many, 1 or more.
        count: word,
        /// Length of the rolling window.
        per_ms: long,
    }

    /// Caps shared by the prompts of a group.
    Group, GroupDraft {
        /// Key of the group's id.
        key: word,
        /// Its caps.
        caps: list<Cap, CapDraft>,
    }

    /// An experiment.
    Experiment, ExperimentDraft {
        /// Key of the id.
        key: word,
        /// Id.
        id: text,
        /// 1 when arms are dealt by user, 0 by account.
        by_user: word,
        /// Grows when arms are dealt anew.
        phase: word,
        /// Units have to be in all of these.
        namespaces: list<Split, SplitDraft>,
        /// Whom arms are dealt to, as in `Prompt`; "" for everyone.
        audience: text,
        /// One split with a span for each arm.
        arms: list<Split, SplitDraft>,
        /// Ids of the arms; the first is the control.
        names: texts,
        /// Of each arm the index of its pacing; 0 is the policy's.
        pacing: words,
    }

    /// How interruptions are spaced.
    Pacing, PacingDraft {
        /// Caps over all interruptions. The cap of seven days is the weekly budget.
        caps: list<Cap, CapDraft>,
        /// Least time between two interruptions.
        gap_ms: long,
        /// No banner while the account is younger.
        min_account_age_ms: long,
        /// No prompt above inline while the user is younger.
        min_user_age_ms: long,
        /// How long `later` holds: first, second, third time; the next is a `never` for the period.
        ladder_ms: longs,
        /// A blocked attempt's modal: once per meter in this span.
        limit_hit_gap_ms: long,
        /// A blocked attempt's modals in 24 hours.
        limit_hit_per_day: word,
        /// Quiet hours from, minutes after local midnight; equal to `quiet_to` for none.
        quiet_from: word,
        /// Quiet hours until, minutes after local midnight.
        quiet_to: word,
        /// 1 where whoever puts a modal off is asked why.
        ask_why: word,
    }
}
