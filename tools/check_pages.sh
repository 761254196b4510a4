#!/usr/bin/env bash
# Looks at pages of the report as people do: wide and narrow, light and dark, with the rules of axe-core for people who do
# not see or point. Installs what it needs: Chromium and Node.js by apt where they are missing, axe-core and playwright-core
# by npm into target/.
#
#   tools/check_pages.sh PAGE.html ...
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$#" -gt 0 ] || { echo "name the pages to look at" >&2; exit 2; }

lacking=()
command -v chromium >/dev/null || lacking+=(chromium)
command -v npm >/dev/null || lacking+=(nodejs npm)
if [ "${#lacking[@]}" -gt 0 ]; then
    apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${lacking[@]}" >/dev/null
fi

modules=target/check-pages
if [ ! -d "$modules/node_modules/axe-core" ] || [ ! -d "$modules/node_modules/playwright-core" ]; then
    mkdir -p "$modules"
    npm install --prefix "$modules" --no-audit --no-fund --no-save --silent axe-core@4 playwright-core@1 >/dev/null
fi
NODE_PATH="$PWD/$modules/node_modules" node tools/check_pages.cjs "$@"
