//! `demo`: the modules, the collector and the demo's server, running together until ctrl-c.
//! It does not know what the demo shows; it hands out addresses and keys.
//! Each server is a `Server`, which is stopped when it is dropped.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::host::{cargo, command, run, step, target};
use crate::modules::{self, Flavour};

const PORT_DEFAULT: u16 = 4000;
const POLICY: &str = "www/demo/policy.json";
const READY_MAX: Duration = Duration::from_secs(20);
/// The collector finishes what it has accepted; more than this means that it hangs.
const STOP_MAX: Duration = Duration::from_secs(5);
const ASKED_MAX: Duration = Duration::from_millis(500);

/// What ends a demo.
enum End {
    Asked,
    Died(&'static str),
}

pub fn task(words: &[String]) -> Result<()> {
    let port = choose_port(words)?;
    modules::build_package(Flavour::Published)?;
    let collector = build_collector()?;
    let (end, ended) = channel();
    let asked = end.clone();
    ctrlc::set_handler(move || drop(asked.send(End::Asked)))?;

    let data = target("demo");
    // The demo's accounts live in its memory, so the last demo's events would belong to nobody.
    let _ = std::fs::remove_dir_all(&data);
    std::fs::create_dir_all(&data)?;
    let keys = [
        (
            "PLIMSOLL_PUBLISHABLE_KEY",
            format!("pk_demo_{}", random_hex()),
        ),
        ("PLIMSOLL_SECRET_KEY", format!("sk_demo_{}", random_hex())),
    ];
    let collector = step("start the collector", || {
        let mut serve = command(&collector);
        serve.args(["serve", "--port", "0", "--policy", POLICY, "--data"]);
        serve.arg(&data).envs(keys.clone());
        Server::start("collector", serve, end.clone())
    })?;
    let demo = step("start the demo", || {
        let mut server = command("node");
        server.arg("www/demo/server.js").envs(keys);
        server
            .env("PORT", port.to_string())
            .env("PLIMSOLL_COLLECTOR", &collector.address);
        Server::start("demo", server, end)
    })?;
    println!("\nThe demo is at {}\nctrl-c stops it", demo.address);
    if let End::Died(name) = ended.recv()? {
        // A ctrl-c reaches the servers as well, and theirs may be seen to end first.
        let asked = ended
            .recv_timeout(ASKED_MAX)
            .is_ok_and(|end| matches!(end, End::Asked));
        if !asked {
            bail!("the {name} has stopped by itself; its last lines are above");
        }
    }
    println!("\nstopping");
    Ok(())
}

/// Builds the collector, in the debug profile that the tests use too, and returns its binary.
pub fn build_collector() -> Result<std::path::PathBuf> {
    step("build the collector", || {
        run(cargo().args(["build", "-p", "plimsoll-collector"]))
    })?;
    Ok(target("debug/plimsoll"))
}

fn choose_port(words: &[String]) -> Result<u16> {
    match words {
        [] if is_free(PORT_DEFAULT) => Ok(PORT_DEFAULT),
        // 0 lets the server take a free one.
        [] => Ok(0),
        [flag, port] if flag == "--port" => {
            let port = port
                .parse()
                .with_context(|| format!("`{port}` is not a port"))?;
            if !is_free(port) {
                bail!("port {port} is taken; leave out `--port` to get a free one");
            }
            Ok(port)
        }
        _ => bail!("demo takes `--port N` and nothing else"),
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// Good enough for a server that only this machine can reach, for as long as the demo runs.
fn random_hex() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", word(), word())
}

/// A running server; dropping it asks it to stop and waits until it has.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Returns once the server has printed the address it listens on.
    fn start(name: &'static str, mut command: Command, end: Sender<End>) -> Result<Server> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start the {name}"))?;
        let stdout = child.stdout.take().context("stdout was piped")?;
        let mut server = Server {
            child,
            address: String::new(),
        };
        let (ready, address) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                match line.find("http://") {
                    Some(at) => drop(ready.send(line[at..].trim().to_owned())),
                    None => println!("  {name}: {line}"),
                }
            }
            let _ = end.send(End::Died(name));
        });
        server.address = address
            .recv_timeout(READY_MAX)
            .with_context(|| format!("the {name} said no address to listen on"))?;
        Ok(server)
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if cfg!(unix) {
            let id = self.child.id().to_string();
            let _ = Command::new("kill")
                .args(["-TERM", &id])
                .stderr(Stdio::null())
                .status();
            let began = Instant::now();
            while !self.has_ended() && began.elapsed() < STOP_MAX {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
