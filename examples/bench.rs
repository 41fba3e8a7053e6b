use plimsoll::engine::input::*;
use plimsoll::engine::*;
use plimsoll::policy::Policy;
use plimsoll::unit::*;
use plimsoll::*;
use std::time::Instant;
fn main() {
    for meters in [10usize, 100] {
        let q: Vec<String> = (0..meters)
            .map(|i| format!("\"m{i}\":{{\"limit\":1000000000,\"period\":\"month\"}}"))
            .collect();
        let q2: Vec<String> = (0..meters)
            .map(|i| format!("\"m{i}\":{{\"limit\":9000000000,\"period\":\"month\"}}"))
            .collect();
        let text = format!(
            r#"{{"format":1,"plans":[{{"id":"free","name":"Free","quotas":{{{}}}}},{{"id":"pro","name":"Pro","buy":"checkout","quotas":{{{}}}}}]}}"#,
            q.join(","),
            q2.join(",")
        );
        let policy = Policy::parse(&text).map_err(|e| format!("{e:?}")).unwrap();
        let plim = Plim::open(policy.compile("en")).unwrap();
        let n = plim.root().prompts().len();
        let identity = Identity {
            account: "acc".into(),
            user: "u".into(),
            writer: Writer(7),
        };
        let mut engine = Engine::new(plim, identity, Ok(Memory::default()));
        let t0 = 1_795_000_000_000;
        let at = |ms: i64| Now {
            wall: Timestamp(t0 + ms),
            mono: ms,
        };
        let snap = Snapshot {
            plan: "free".into(),
            plan_epoch: Some(1),
            server_time: Some(Timestamp(t0)),
            meters: (0..meters)
                .map(|i| MeterFigure {
                    meter: Key::of(&format!("m{i}")),
                    used: Some(400_000_000),
                    ..Default::default()
                })
                .collect(),
            ..Default::default()
        };
        engine.handle(at(0), Input::Snapshot(Box::new(snap)));
        engine.handle(
            at(1),
            Input::Context(Context {
                visible: true,
                lease: true,
                ..Default::default()
            }),
        );
        let key = Key::of("m3");
        let t = Instant::now();
        for i in 0..200_000 {
            std::hint::black_box(engine.handle(
                at(2 + i / 100),
                Input::Use {
                    meter: key,
                    amount: 1,
                },
            ));
        }
        println!("{n} prompts: use {:?}", t.elapsed() / 200_000);
        for i in 0..meters {
            engine.handle(
                at(3000),
                Input::Use {
                    meter: Key::of(&format!("m{i}")),
                    amount: 520_000_000,
                },
            );
        }
        let t = Instant::now();
        for _ in 0..20_000 {
            std::hint::black_box(engine.handle(at(4000), Input::Wake));
        }
        println!(
            "{n} prompts: decide all (90% everywhere) {:?}; memory rows {} bytes {}",
            t.elapsed() / 20_000,
            engine.memory().len(),
            engine.memory().encode().len()
        );
    }
}
