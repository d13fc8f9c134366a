#!/usr/bin/env bash
# Finds what links a native program, or installs it: as root on Debian and Ubuntu. Says what to run otherwise.
set -euo pipefail

case "${1:-}" in
-h | --help)
  cat <<'HELP'
get-linker.sh: a C compiler for `dotnet publish functions -c Release -r linux-x64`

It compiles nothing of ours: the .NET SDK lets clang, or gcc where there is no clang, link what it compiled itself. At once where it is
there; otherwise as root on Debian or Ubuntu it installs gcc and libc6-dev by apt-get (about 60 MB), once.
HELP
  exit
  ;;
esac

trial=$(mktemp)
trap 'rm -f "$trial"' EXIT

# The same question as in functions/Native.targets.
links() {
  local linker
  command -v objcopy >/dev/null || command -v llvm-objcopy >/dev/null || return 1
  linker=$(command -v clang || command -v gcc) || return 1
  echo 'int main(void){return 0;}' | "$linker" -xc - -o "$trial" -lm -ldl -lrt -pthread 2>/dev/null
}

if links; then exit 0; fi

packages=(gcc libc6-dev)
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  printf 'get-linker: a native program is linked by a C compiler, and none works here\n' >&2
  printf '  next: on Debian and Ubuntu, as root: apt-get install %s; elsewhere gcc or clang, binutils and the headers of the C library\n' \
    "${packages[*]}" >&2
  exit 1
fi

echo "installing ${packages[*]}, to link native programs with" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$trial" "$log"' EXIT
if ! { apt-get update && apt-get install -y --no-install-recommends "${packages[@]}"; } >"$log" 2>&1 || ! links; then
  printf 'get-linker: %s could not be installed. The last lines of apt-get:\n' "${packages[*]}" >&2
  tail -n 12 "$log" | sed 's/^/    /' >&2
  exit 1
fi
