use plimsoll::engine::input::*;
use plimsoll::engine::*;
use plimsoll::policy::Policy;
use plimsoll::unit::*;
use plimsoll::*;
fn main() {
    let text = r#"{"format":1,"plans":[
    {"id":"free","name":"Free","quotas":{"emails":{"limit":1000,"period":"month"},"seats":{"limit":3}}},
    {"id":"pro","name":"Pro","buy":"checkout","quotas":{"emails":{"limit":50000,"period":"month"},"seats":{"limit":25}},"features":["automation"]},
    {"id":"enterprise","name":"Enterprise","buy":"sales","quotas":{"emails":{"limit":"unlimited"},"seats":{"limit":"unlimited"}},"features":["automation","sso"]}]}"#;
    let policy = Policy::parse(text).map_err(|e| format!("{e:?}")).unwrap();
    let bytes = policy.compile("en");
    println!("plim {} bytes", bytes.len());
    let plim = Plim::open(bytes).unwrap();
    let identity = Identity {
        account: "acc".into(),
        user: "u".into(),
        writer: Writer(7),
    };
    let mut engine = Engine::new(plim, identity, Ok(Memory::default()));
    let t0 = 1_795_000_000_000;
    let at = |s: i64| Now {
        wall: Timestamp(t0 + s * 1000),
        mono: s * 1000,
    };
    let show = |e: &Engine, fx: Vec<Effect>| {
        for f in fx {
            match f {
                Effect::Present(p) => println!("  present {}", e.prompt_json(&p)),
                f => println!("  {f:?}"),
            }
        }
    };
    let snap = Snapshot {
        plan: "free".into(),
        plan_epoch: Some(1),
        server_time: Some(Timestamp(t0)),
        meters: vec![MeterFigure {
            meter: Key::of("emails"),
            used: Some(400),
            ..Default::default()
        }],
        ..Default::default()
    };
    let fx = engine.handle(at(0), Input::Snapshot(Box::new(snap)));
    show(&engine, fx);
    let fx = engine.handle(
        at(1),
        Input::Context(Context {
            visible: true,
            lease: true,
            ..Default::default()
        }),
    );
    show(&engine, fx);
    let fx = engine.handle(
        at(2),
        Input::Use {
            meter: Key::of("emails"),
            amount: 550,
        },
    );
    let id = fx.iter().find_map(|f| match f {
        Effect::Present(p) => Some(p.exposure),
        _ => None,
    });
    show(&engine, fx);
    let fx = engine.handle(
        at(3),
        Input::Painted {
            exposure: id.unwrap(),
            paint: Paint::Rendered,
        },
    );
    show(&engine, fx);
    let fx = engine.handle(
        at(4),
        Input::Use {
            meter: Key::of("emails"),
            amount: 1,
        },
    );
    show(&engine, fx);
    let fx = engine.handle(
        at(5),
        Input::Use {
            meter: Key::of("emails"),
            amount: 49,
        },
    );
    show(&engine, fx);
    let fx = engine.handle(
        at(6),
        Input::Attempt {
            meter: Key::of("emails"),
            amount: 1,
        },
    );
    show(&engine, fx);
    println!("{}", engine.trace_json(&engine.explain(at(7))));
    println!("memory {}", engine.memory().encode().len());
}
