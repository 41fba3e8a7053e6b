//! `build`: the three wasm modules and the texts of locales, from source to the minified files in pkg/dist.
//! It does not know what the modules do or how large they may be.
//! Flow: cargo → wasm-bindgen → wasm-opt and esbuild → a folder per flavour → pkg/dist.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::host::{at, cargo, command, flags, read, root, run, step, target, write_if_changed};
use crate::node;

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The linker's default of 1 MiB would be most of a page's share. The deepest call chain is the
/// policy reader's, whose depth is bounded; past the end the module traps, it does not overwrite.
const STACK_BYTES: usize = 256 * 1024;

/// A wasm module: its cargo package and the name of its files in pkg/dist.
pub struct Module {
    pub package: &'static str,
    pub out: &'static str,
    /// The bindings generator's JavaScript is used. The start module's few calls are passed through by
    /// `pkg/shell/door.js`, which is a fraction of it.
    pub has_glue: bool,
}

pub const MODULES: [Module; 3] = [
    Module {
        package: "plimsoll-start",
        out: "plimsoll",
        has_glue: false,
    },
    Module {
        package: "plimsoll-view",
        out: "plimsoll_view",
        has_glue: true,
    },
    Module {
        package: "plimsoll-policy",
        out: "plimsoll_policy",
        has_glue: true,
    },
];

/// The locales whose texts are files of their own.
pub const TEXTS: [&str; 6] = ["ar", "de", "es", "fr", "ja", "pt-BR"];

/// How the standard library gets into a module.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Flavour {
    /// std rebuilt for size, a panic is one trapping instruction. This is what is published.
    Published,
    /// The toolchain's own std. Larger; needs nothing but stable Rust.
    Plain,
}

pub fn task(words: &[String]) -> Result<()> {
    let [plain] = flags(words, ["--plain"])?;
    let flavour = if plain {
        Flavour::Plain
    } else {
        Flavour::Published
    };
    build_package(flavour).map(drop)
}

/// Builds into pkg/dist and says which flavour it became.
pub fn build_package(wanted: Flavour) -> Result<Flavour> {
    let (folder, flavour) = build(wanted)?;
    for entry in std::fs::read_dir(&folder)? {
        let file = entry?.path();
        let name = file.file_name().expect("an entry has a name");
        write_if_changed(&at("pkg/dist").join(name), &std::fs::read(&file)?)?;
    }
    println!("  pkg/dist holds the {} build", flavour.name());
    Ok(flavour)
}

/// Builds all modules and returns the folder with the finished files. A published build falls
/// back to a plain one, with a notice, where the sources of std are missing.
pub fn build(wanted: Flavour) -> Result<(PathBuf, Flavour)> {
    let flavour = prepare(wanted)?;
    node::install()?;
    step(
        &format!("compile the wasm modules ({})", flavour.name()),
        || compile(flavour),
    )?;
    let dist = target("wasm").join(flavour.name()).join("dist");
    std::thread::scope(|scope| {
        let jobs: Vec<_> = MODULES
            .iter()
            .map(|module| scope.spawn(|| finish(module, flavour, &dist)))
            .collect();
        jobs.into_iter()
            .try_for_each(|job| job.join().expect("a finishing thread panicked"))
    })?;
    write_texts(&dist)?;
    Ok((dist, flavour))
}

/// The built-in texts that a page loads for its locale, each a module of one text; English is in the policy module.
fn write_texts(dist: &Path) -> Result<()> {
    for tag in TEXTS {
        let json = std::fs::read(at(&format!("src/policy/texts/{tag}.json")))?;
        let json = serde_json::from_slice::<serde_json::Value>(&json)?.to_string();
        // In quotes of their own, so that those of JSON stand as they are.
        let text = json.replace('\\', r"\\").replace('\'', r"\'");
        let file = dist.join(format!("plimsoll_texts_{tag}.js"));
        write_if_changed(&file, format!("export default '{text}';\n").as_bytes())?;
    }
    Ok(())
}

impl Flavour {
    pub fn name(self) -> &'static str {
        match self {
            Flavour::Published => "published",
            Flavour::Plain => "plain",
        }
    }
}

/// Adds what the toolchain lacks, and says what can be built.
fn prepare(wanted: Flavour) -> Result<Flavour> {
    let sysroot = PathBuf::from(read(command("rustc").args(["--print", "sysroot"]))?);
    let library = sysroot.join("lib/rustlib");
    if !library.join(WASM_TARGET).is_dir() {
        step("add the wasm target", || {
            run(command("rustup").args(["target", "add", WASM_TARGET]))
        })?;
    }
    if wanted == Flavour::Plain || library.join("src/rust/library/Cargo.lock").is_file() {
        return Ok(wanted);
    }
    let added = step("add the sources of std", || {
        run(command("rustup").args(["component", "add", "rust-src"]))
    });
    if added.is_ok() {
        return Ok(wanted);
    }
    println!("  notice: building with the toolchain's own std, which makes the modules larger;");
    println!("  the published build needs `rustup component add rust-src`");
    Ok(Flavour::Plain)
}

/// What LLVM does for speed costs bytes: loops that count addresses instead of places. And it inlines a little less
/// than is smallest.
const FOR_SIZE: [&str; 2] = ["-disable-lsr", "-inline-threshold=10"];

fn compile(flavour: Flavour) -> Result<()> {
    let mut cargo = cargo();
    cargo.args(["build", "--profile", "wasm", "--target", WASM_TARGET]);
    cargo.args(MODULES.iter().flat_map(|module| ["-p", module.package]));
    cargo
        .arg("--target-dir")
        .arg(target("wasm").join(flavour.name()));
    let mut rustflags = remap_paths()?;
    rustflags.push(format!("-Clink-arg=-zstack-size={STACK_BYTES}"));
    rustflags.extend(FOR_SIZE.map(|option| format!("-Cllvm-args={option}")));
    if flavour == Flavour::Published {
        // Both are unstable names of what stable rustc already does; the toolchain is pinned.
        cargo.env("RUSTC_BOOTSTRAP", "1");
        cargo.args([
            "-Zbuild-std=std,panic_abort",
            "-Zbuild-std-features=optimize_for_size",
        ]);
        rustflags.extend([
            "-Zunstable-options".to_owned(),
            "-Cpanic=immediate-abort".to_owned(),
        ]);
    }
    // This form takes paths with spaces.
    cargo.env("CARGO_ENCODED_RUSTFLAGS", rustflags.join("\x1f"));
    // Incremental units are larger and do nothing for a fat-LTO build.
    cargo.env("CARGO_INCREMENTAL", "0");
    run(&mut cargo)
}

/// The same source gives the same bytes on every machine.
fn remap_paths() -> Result<Vec<String>> {
    let sysroot = read(command("rustc").args(["--print", "sysroot"]))?;
    let home = std::env::var("HOME").unwrap_or_default();
    let cargo_home = std::env::var("CARGO_HOME").unwrap_or(format!("{home}/.cargo"));
    let pairs = [
        (root().display().to_string(), "."),
        (cargo_home, "cargo"),
        (sysroot, "rust"),
    ];
    Ok(pairs
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={from}={to}"))
        .collect())
}

/// From cargo's module to the files a browser loads; skipped when cargo's output is unchanged.
fn finish(module: &Module, flavour: Flavour, dist: &Path) -> Result<()> {
    let folder = target("wasm").join(flavour.name());
    let compiled = folder
        .join(WASM_TARGET)
        .join("wasm")
        .join(format!("{}.wasm", module.package.replace('-', "_")));
    let stamp_path = folder.join(format!("{}.stamp", module.out));
    let stamp = stamp(&compiled)?;
    let wasm = dist.join(format!("{}_bg.wasm", module.out));
    if wasm.is_file() && std::fs::read_to_string(&stamp_path).is_ok_and(|old| old == stamp) {
        return Ok(());
    }
    println!("  bind and optimise {}", module.out);
    let bound = folder.join("bound");
    bind(module, &compiled, &bound)?;
    std::fs::create_dir_all(dist)?;
    let raw = bound.join(format!("{}_bg.wasm", module.out));
    if !module.has_glue {
        // Without glue nobody calls what only glue would.
        let lean = bound.join("lean.wasm");
        keep_exports(&raw, &lean)?;
        optimise(&lean, &wasm)?;
        return Ok(std::fs::write(stamp_path, stamp)?);
    }
    optimise(&raw, &wasm)?;
    minify(
        &bound.join(format!("{}.js", module.out)),
        &dist.join(format!("{}.js", module.out)),
    )?;
    for types in [
        format!("{}.d.ts", module.out),
        format!("{}_bg.wasm.d.ts", module.out),
    ] {
        std::fs::copy(bound.join(&types), dist.join(&types))?;
    }
    Ok(std::fs::write(stamp_path, stamp)?)
}

/// Changes with the compiled module, with this file and with the npm tools.
fn stamp(compiled: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    std::fs::read(compiled)
        .with_context(|| format!("cargo left no {}", compiled.display()))?
        .hash(&mut hasher);
    std::fs::read(at("package-lock.json"))?.hash(&mut hasher);
    include_str!("modules.rs").hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

fn bind(module: &Module, compiled: &Path, folder: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(compiled)
        .out_name(module.out)
        .web(true)?
        .typescript(true)
        // Keeps `new URL("….wasm", import.meta.url)`, by which bundlers find the module.
        .omit_default_module_path(false)
        .generate(folder)
        .with_context(|| format!("wasm-bindgen refused {}", module.package))
}

/// What `pkg/shell/door.js` calls; every other export goes, with all that only it reaches.
const DOOR: [&str; 6] = [
    "ask",
    "open",
    "text",
    "memory",
    "__wbindgen_malloc",
    "__wbindgen_free",
];

fn keep_exports(from: &Path, to: &Path) -> Result<()> {
    let exports = DOOR.map(|name| serde_json::json!({ "name": name, "export": name }));
    let root = serde_json::json!({ "name": "shell", "root": true, "reaches": DOOR });
    let mut graph = vec![root];
    graph.extend(exports);
    let file = to.with_extension("json");
    std::fs::write(&file, serde_json::to_vec(&graph)?)?;
    let mut metadce = node::tool("wasm-metadce");
    metadce.arg(from).arg("--graph-file").arg(&file);
    run(metadce
        .arg("-o")
        .arg(to)
        .stdout(std::process::Stdio::null()))
}

/// Each pass earned its place by brotli bytes; others were tried and did not.
fn optimise(from: &Path, to: &Path) -> Result<()> {
    let passes = [
        "-Oz",
        "--flatten",
        "--rereloop",
        "-Oz",
        "-Oz",
        "--coalesce-locals",
        "--reorder-locals",
        "--optimize-instructions",
        "--dealign",
    ];
    // The first kilobyte is the far end of the stack, so that offsets below it may be folded.
    let assume = ["--low-memory-unused"];
    let strip = [
        "--strip-debug",
        "--strip-producers",
        "--strip-target-features",
    ];
    let mut wasm_opt = node::tool("wasm-opt");
    run(wasm_opt
        .args(passes)
        .args(assume)
        .args(strip)
        .arg(from)
        .arg("-o")
        .arg(to))
}

fn minify(from: &Path, to: &Path) -> Result<()> {
    let outfile = format!("--outfile={}", to.display());
    let options = [
        "--minify",
        "--format=esm",
        "--target=es2022",
        "--log-level=warning",
    ];
    run(node::tool("esbuild").arg(from).args(options).arg(outfile))?;
    let text = std::fs::read_to_string(to)?;
    if !(text.contains("_bg.wasm\",import.meta.url)") && text.contains("new URL(\"")) {
        bail!("{} lost its `new URL(…, import.meta.url)`", to.display());
    }
    Ok(())
}
