#!/usr/bin/env bash
# Finds or installs npm packages outside the tree. The last line on stdout is the directory that holds their node_modules.
set -euo pipefail

if [ $# -eq 0 ] || [ "$1" = -h ] || [ "$1" = --help ]; then
  cat <<'HELP'
get-packages.sh NAME@VERSION…: find or install npm packages, for tests that talk to independent programs.

Prints the directory that holds node_modules (stdout, last line); progress goes to stderr.
Kept in ${AGENT_WARDEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/agent-warden}/node, a folder for each set of packages.
Node.js itself is taken from PATH, or installed from Debian's packages when this runs as root.
HELP
  exit
fi

cache="${AGENT_WARDEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/agent-warden}/node"
folder="$cache/$(printf '%s\n' "$@" | sort | sha256sum | cut -c1-16)"
mkdir -p "$cache"

# Two test runs at once must not install the same thing.
exec 9>"$cache/lock"
flock 9

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  [ "$(id -u)" -eq 0 ] || { echo "get-packages: Node.js is needed; next: apt-get install nodejs npm" >&2; exit 1; }
  echo "get-packages: installing Node.js" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm; } >"$cache/node.log" 2>&1 </dev/null ||
    { tail -n 12 "$cache/node.log" >&2; echo "get-packages: apt-get failed; its whole log is $cache/node.log" >&2; exit 1; }
fi

if [ ! -e "$folder/complete" ]; then
  echo "get-packages: installing $*" >&2
  rm -rf "$folder"
  mkdir -p "$folder"
  # Scripts of packages are not run: none of ours needs one.
  (cd "$folder" && npm install --no-save --no-audit --no-fund --ignore-scripts --loglevel=error "$@") >"$folder/install.log" 2>&1 </dev/null ||
    { tail -n 12 "$folder/install.log" >&2; echo "get-packages: npm install failed; its whole log is $folder/install.log" >&2; exit 1; }
  touch "$folder/complete"
fi

echo "$folder"
