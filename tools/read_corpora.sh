#!/usr/bin/env bash
# A table over every file of a folder of captures with manifests: what was read of it, and what became of the rest.
#   tools/read_corpora.sh FOLDER [MUTATIONS]
# Ends with 1 where a file is not accounted for. With a number, so many damages are done to the files of each format, and all that
# comes of it must be accounted for too.
set -euo pipefail
folder=$(realpath "${1:?the folder with the captures}")
cd "$(dirname "$0")/.."
cargo build --release --quiet -p waxseal-read --examples
ended=0
target/release/examples/read_corpora "$folder" || ended=1
[ $# -lt 2 ] || target/release/examples/damage_captures "$folder" "$2" || ended=1
exit $ended
