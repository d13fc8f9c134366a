#!/usr/bin/env bash
# Finds the second API server of the tests and puts it beside etcd and controller manager. The last line on stdout is their directory.
set -euo pipefail

usage() {
  cat <<'HELP'
get-test-server.sh: the binaries of a control plane whose API server is kube-testserver in place of kube-apiserver.

  ./get-test-server.sh           print the directory (stdout, last line); 3 is the exit code when there is no such server
  ./get-test-server.sh --help    this text

kube-testserver is put together from the API libraries of a newer Kubernetes than can be built here. It is looked for in
  1. $WARDEN_TEST_SERVER, the program or its .xz archive
  2. a folder beside this repository: ../shared/testserver/kube-testserver-*-linux-x64.xz
It is unpacked into the cache once; etcd, kube-controller-manager and kubectl are those of get-binaries.sh.

  KUBEBUILDER_ASSETS=$(./get-test-server.sh) dotnet run --project ../../functions -- up
HELP
}

case "${1:-}" in
  '') ;;
  -h | --help) usage; exit 0 ;;
  *) echo "get-test-server: unknown option '$1'; see --help" >&2; exit 2 ;;
esac

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
none() { echo "get-test-server: $1" >&2; exit 3; }

server=${WARDEN_TEST_SERVER:-}
if [ -n "$server" ]; then
  # Who names one means it: then its absence is an error, and no reason to do without.
  [ -f "$server" ] || { echo "get-test-server: WARDEN_TEST_SERVER is $server, which is not there" >&2; exit 1; }
else
  [ "$(uname -sm)" = 'Linux x86_64' ] || none "it is made for Linux on x86-64 only"
  server=$(find "$here/../../../shared/testserver" -maxdepth 1 -name 'kube-testserver-*-linux-x64.xz' 2>/dev/null | sort -V | tail -1 || true)
  [ -n "$server" ] || none "there is no ../shared/testserver beside this repository, and WARDEN_TEST_SERVER is not set"
fi

rest=$("$here/get-binaries.sh" | tail -1)
cache="${AGENT_WARDEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/agent-warden}/control-plane"
directory="$cache/testserver-$(cksum <"$server" | tr ' ' '-')/bin"
if [ ! -x "$directory/kube-apiserver" ]; then
  echo "get-test-server: unpacking $(basename "$server")" >&2
  mkdir -p "$directory"
  # Renamed when it is whole: two callers do no harm to each other, and a broken-off one leaves nothing that looks like a server.
  fresh="$directory/fresh.$$"
  trap 'rm -f "$fresh"' EXIT
  case "$server" in
    *.xz) xz --decompress --stdout "$server" >"$fresh" ;;
    *) cp "$server" "$fresh" ;;
  esac
  chmod 0755 "$fresh"
  mv "$fresh" "$directory/kube-apiserver"
fi
for name in etcd kube-controller-manager kubectl; do ln -sfn "$rest/$name" "$directory/$name"; done
printf '%s\n' "$directory"
