//! The engine as WebAssembly: the cases of `tests/spec` once more, and G7 against what the same seeds do natively.
//! The tests are in `tests/`; this library is empty and only gives them a package.
