//! A real server process and a plain HTTP client for the tests: sockets, no library that would hide a byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

pub const PK: &str = "pk_live_0123456789abcdef";
pub const SK: &str = "sk_live_fedcba9876543210";

/// A folder of the test's own, removed at its end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("plimsoll-{name}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("makes a folder");
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn plimsoll() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.env("PLIMSOLL_LOG", "warn");
    command
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    pub fn start(data: &Path) -> Server {
        Server::start_with(data, &[])
    }

    pub fn start_with(data: &Path, arguments: &[&str]) -> Server {
        Server::launch(plimsoll(), data, arguments)
    }

    /// Writes everything it can log to a file.
    pub fn start_logging(data: &Path, log: &Path) -> Server {
        let mut command = plimsoll();
        command
            .env("PLIMSOLL_LOG", "trace")
            .stderr(std::fs::File::create(log).expect("a file"));
        Server::launch(command, data, &[])
    }

    fn launch(mut command: Command, data: &Path, arguments: &[&str]) -> Server {
        let mut child = command
            .args(["serve", "--port", "0", "--requests-per-s", "0", "--data"])
            .arg(data)
            .args(arguments)
            .env("PLIMSOLL_PUBLISHABLE_KEY", PK)
            .env("PLIMSOLL_SECRET_KEY", SK)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("reads");
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .unwrap_or_else(|| panic!("not ready: `{line}`"))
            .parse()
            .expect("an address");
        Server {
            child,
            address,
            _stdout: stdout,
        }
    }

    /// As a power cut would: no handler runs.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill")
            .args([name, &id])
            .status()
            .expect("kill runs");
        assert!(sent.success());
    }

    /// The exit code, if the server ends in time.
    pub fn wait(&mut self, most: Duration) -> Option<i32> {
        let began = Instant::now();
        while began.elapsed() < most {
            if let Some(status) = self.child.try_wait().expect("waits") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    pub fn batch(&self, events: &[Value]) -> Reply {
        let body = json!({"writeKey": PK, "sentAt": now(), "batch": events});
        Request::post("/v1/batch", body.to_string()).send(self.address)
    }

    /// All events of an account, page by page.
    pub fn stored(&self, account: &str) -> Vec<Value> {
        self.pages(account, "events")
    }

    /// All `events` or `requests` of an account, page by page.
    pub fn pages(&self, account: &str, what: &str) -> Vec<Value> {
        let (mut all, mut after) = (Vec::new(), "0".to_owned());
        loop {
            let path = format!("/v1/accounts/{account}/{what}?limit=500&after={after}");
            let page = Request::get(&path)
                .header("authorization", &format!("Bearer {SK}"))
                .send(self.address);
            assert_eq!(page.status, 200, "{page:?}");
            let page = page.json();
            let events = page[what].as_array().expect("a list");
            if events.is_empty() {
                return all;
            }
            all.extend(events.iter().cloned());
            after = page["next"].as_str().expect("a cursor").to_owned();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    pub fn get(path: &str) -> Request {
        Request {
            head: format!("GET {path} HTTP/1.1\r\nhost: test\r\n"),
            body: Vec::new(),
        }
    }

    pub fn options(path: &str) -> Request {
        Request {
            head: format!("OPTIONS {path} HTTP/1.1\r\nhost: test\r\n"),
            body: Vec::new(),
        }
    }

    pub fn delete(path: &str) -> Request {
        Request {
            head: format!("DELETE {path} HTTP/1.1\r\nhost: test\r\n"),
            body: Vec::new(),
        }
    }

    pub fn post(path: &str, body: impl Into<Vec<u8>>) -> Request {
        Request {
            head: format!("POST {path} HTTP/1.1\r\nhost: test\r\n"),
            body: body.into(),
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    pub fn send(self, to: SocketAddr) -> Reply {
        self.try_send(to).expect("an answer")
    }

    /// Nothing when the connection fails, as it does when a server is killed.
    pub fn try_send(self, to: SocketAddr) -> Option<Reply> {
        let mut stream = TcpStream::connect(to).ok()?;
        let length = self.body.len();
        let head = format!(
            "{}connection: close\r\ncontent-length: {length}\r\n\r\n",
            self.head
        );
        stream.write_all(head.as_bytes()).ok()?;
        // A server that has heard enough may answer and close before it has taken everything.
        let _ = stream.write_all(&self.body);
        Reply::read(&mut stream)
    }
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    /// Reads one answer with a content length, or up to the end of the connection.
    pub fn read(stream: &mut TcpStream) -> Option<Reply> {
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .ok()?;
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let head = head.to_ascii_lowercase();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head
            .lines()
            .find_map(|l| l.strip_prefix("content-length: ")?.parse::<usize>().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        Some(Reply { status, head, body })
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub fn code(&self) -> String {
        let body = self.json();
        assert!(
            body["message"].is_string() && body["help"].is_string(),
            "{body}"
        );
        body["code"].as_str().expect("a code").to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

pub fn now() -> String {
    ago(Duration::ZERO)
}

pub fn ago(span: Duration) -> String {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        - span;
    let at = jiff::Timestamp::from_millisecond(since.as_millis() as i64).expect("in range");
    format!("{at:.3}")
}

/// An event of a foreign client.
pub fn foreign(message_id: &str, account: &str) -> Value {
    json!({
        "type": "track", "event": "Report Opened", "messageId": message_id, "timestamp": now(),
        "userId": "u_9", "context": {"groupId": account}, "properties": {"pages": 3},
    })
}

/// An event of Plimsoll's own.
pub fn ours(writer: &str, seq: u64, account: &str) -> Value {
    json!({
        "type": "track", "event": "Usage Counted", "messageId": format!("{writer}-{seq}"),
        "timestamp": now(), "userId": "u_9",
        "context": {"groupId": account, "plimsoll": {"writer": writer, "seq": seq, "revision": "r1"}},
        "properties": {"meter": "emails", "added": 20, "released": 0, "used": 412, "limit": 1000},
    })
}
