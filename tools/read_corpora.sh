#!/usr/bin/env bash
# A table over every file of a folder of captures with manifests: what was read of it, and what became of the rest.
#   tools/read_corpora.sh FOLDER     ends with 1 where a file is not accounted for
set -euo pipefail
folder=$(realpath "${1:?the folder with the captures}")
cd "$(dirname "$0")/.."
cargo build --release --quiet -p waxseal-read --example read_corpora
target/release/examples/read_corpora "$folder"
