//! What cargo starts for a wasm32 test binary: wasm-bindgen's own runner, from the same lock file.
//! It does not choose the browser; `cargo xtask test` does, by environment variables.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
