#!/usr/bin/env bash
# Looks for bytes that make reading panic, hang or lose something, guided by which code they reach.
#   tools/fuzz.sh [SECONDS]     default: 300; finds are kept below fuzz/artifacts and end it with an error
# Works with the stable compiler; libFuzzer, which comes with its crate, needs a C++ compiler. See fuzz/README.md.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
host=$(rustc -vV | sed -n 's/^host: //p')
# What cargo-fuzz sets too, but for the address sanitizer: that needs a nightly compiler, and there is no unsafe code of ours.
coverage="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
 -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Coverflow-checks=on -Cdebug-assertions=on -Ccodegen-units=1"
# With a target named, the flags are not those of build scripts.
RUSTFLAGS=$coverage cargo build --release --quiet --target "$host"
mkdir -p corpus/all_formats artifacts
exec "target/$host/release/all_formats" -max_total_time="${1:-300}" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix=artifacts/ corpus/all_formats seeds ../crates/waxseal-read/tests/it/formats/*/
