#!/usr/bin/env bash
# Finds or gets the binaries of a real Kubernetes control plane. The last line on stdout is their directory.
set -euo pipefail
shopt -s extglob

usage() {
  cat <<'HELP'
get-binaries.sh: find or get kube-apiserver, etcd, kube-controller-manager and kubectl.

  ./get-binaries.sh            print the directory that holds the four binaries (stdout, last line)
  ./get-binaries.sh --node     the same, and kubelet, kube-scheduler, kube-proxy, containerd, runc, cni, iptables, busybox
  ./get-binaries.sh --help     this text

It looks in this order and stops at the first place that has everything:
  1. $KUBEBUILDER_ASSETS, then PATH, then the cache (a second call is instant)
  2. a download: the envtest archive of kubernetes-sigs/controller-tools, and
     kube-controller-manager of the same version from dl.k8s.io
  3. Debian bookworm: the etcd-server package, and Kubernetes built from the source package
     (about 4 minutes on 2 cores; nothing is installed on the system, root is not needed)

Environment:
  KUBEBUILDER_ASSETS               a directory with the binaries
  AGENT_WARDEN_CACHE               the cache (default ${XDG_CACHE_HOME:-$HOME/.cache}/agent-warden)
  AGENT_WARDEN_KUBERNETES_VERSION  this version and no other (default: any found, else 1.30.0)
  AGENT_WARDEN_OFFLINE=1           skip step 2

Progress goes to stderr; the full log of a step is in <cache>/control-plane/logs.
To start over, delete <cache>/control-plane.
HELP
}

node=false
for argument in "$@"; do
  case "$argument" in
    -h | --help) usage; exit 0 ;;
    --node) node=true ;;
    *) echo "get-binaries: unknown option '$argument'; see --help" >&2; exit 2 ;;
  esac
done

# ── Reporting ────────────────────────────────────────────────────────────────────────────────────
started=$SECONDS
say() { printf '[%4ds] %s\n' "$((SECONDS - started))" "$*" >&2; }
fail() { # message, next step
  printf '\nget-binaries: %s\n' "$1" >&2
  if [ -s "${log:-}" ]; then
    printf '  last lines of the log:\n' >&2
    tail -n 12 "$log" | sed 's/^/    /' >&2
    printf '  full log: %s\n' "$log" >&2
  fi
  printf '  next: %s\n' "$2" >&2
  exit 1
}

[ "$(uname -s)" = Linux ] || fail "kube-apiserver is only published for Linux" "run this on Linux, in WSL2 or in a container"
case "$(uname -m)" in
  x86_64) arch=amd64 ;;
  aarch64) arch=arm64 ;;
  *) fail "no binaries are known for $(uname -m)" "set KUBEBUILDER_ASSETS to a directory that holds them" ;;
esac
if [ -z "${AGENT_WARDEN_CACHE:-}${XDG_CACHE_HOME:-}${HOME:-}" ]; then
  fail "HOME is not set, so there is no place for the cache" "set AGENT_WARDEN_CACHE to a directory"
fi
cache="${AGENT_WARDEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/agent-warden}/control-plane"
# Raised when the build from source changes, so that an older result is not taken for this one.
recipe=r2
names=(kube-apiserver etcd kube-controller-manager kubectl)
node_names=(kubelet kube-scheduler kube-proxy containerd containerd-shim-runc-v2 ctr runc ptp host-local iptables conntrack busybox)
if $node; then names+=("${node_names[@]}"); fi
mkdir -p "$cache/logs" || fail "cannot write to $cache" "set AGENT_WARDEN_CACHE to a directory you can write"

# ── 1. What is here already ──────────────────────────────────────────────────────────────────────
has_all() { local name; for name in "${names[@]}"; do [ -x "$1/$name" ] || return 1; done; }
version_of() { "$1" --version 2>/dev/null | sed -n 's/^Kubernetes v\([0-9][0-9.]*\).*/\1/p' | head -1; }

# A directory of links, for binaries that live in several places.
linked() { # apiserver etcd controller-manager kubectl
  local key directory
  key=$(printf '%s\n' "$@" | cksum | cut -d' ' -f1)
  directory="$cache/linked-$key/bin"
  mkdir -p "$directory"
  ln -sfn "$1" "$directory/kube-apiserver"
  ln -sfn "$2" "$directory/etcd"
  ln -sfn "$3" "$directory/kube-controller-manager"
  ln -sfn "$4" "$directory/kubectl"
  printf '%s\n' "$directory"
}

# The four on one search path, as one directory. The controller manager must be of the server's version.
found_on() {
  local server etcd manager client
  server=$(PATH="$1" type -P kube-apiserver) || return 1
  etcd=$(PATH="$1" type -P etcd) || return 1
  manager=$(PATH="$1:$PATH" type -P kube-controller-manager) || return 1
  client=$(PATH="$1:$PATH" type -P kubectl) || return 1
  [ "$(version_of "$server")" = "$(version_of "$manager")" ] || return 1
  linked "$server" "$etcd" "$manager" "$client"
}

# Where the completed copy of an incomplete KUBEBUILDER_ASSETS is kept.
assets_name() { printf 'assets-%s\n' "$(printf '%s' "$KUBEBUILDER_ASSETS" | cksum | cut -d' ' -f1)"; }

found() {
  local directory wanted=${AGENT_WARDEN_KUBERNETES_VERSION:-} version
  version=${wanted:-+([0-9.])}
  if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
    if has_all "$KUBEBUILDER_ASSETS"; then printf '%s\n' "$KUBEBUILDER_ASSETS"; return; fi
    if ! $node && found_on "$KUBEBUILDER_ASSETS"; then return; fi
    directory="$cache/$(assets_name)/bin"
    if has_all "$directory"; then printf '%s\n' "$directory"; return; fi
  fi
  if [ -z "$wanted" ] && ! $node && found_on "$PATH"; then return; fi
  # shellcheck disable=SC2086 # the version may be a pattern
  for directory in "$cache"/envtest-$version/bin "$cache"/debian-$recipe-$version/bin "$cache"/debian-$recipe-$version-node/bin; do
    if has_all "$directory"; then printf '%s\n' "$directory"; return; fi
  done
  return 1
}

if found; then exit 0; fi

# ── One at a time from here; whoever waited finds the result of the one before. ──────────────────
command -v flock >/dev/null || fail "flock is missing" "install the util-linux package"
exec 9>"$cache/lock"
if ! flock --nonblock 9; then
  say "another get-binaries is at work; waiting for it"
  flock 9
fi
if found; then exit 0; fi

log="$cache/logs/$(date +%Y%m%dT%H%M%S)-$$.log"
work=$(mktemp -d "$cache/work.XXXXXX")
child=
stop() {
  if [ -n "$child" ]; then
    kill -TERM -- "-$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
    kill -KILL -- "-$child" 2>/dev/null || true
  fi
  chmod -R u+w "$work" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Runs one step in its own process group, output to the log, with a sign of life every 30 seconds.
# Never call it in a condition: bash then ignores 'set -e' all the way down. Ask worked() afterwards.
outcome=0
worked() { [ "$outcome" -eq 0 ]; }
step() { # name command...
  local name=$1 beat=0
  shift
  say "$name"
  printf '\n== %s\n' "$name" >>"$log"
  set -m
  (set -e; "$@") >>"$log" 2>&1 </dev/null 9>&- &
  child=$!
  set +m
  while kill -0 "$child" 2>/dev/null; do
    sleep 0.2
    beat=$((beat + 1))
    if [ $((beat % 150)) -eq 0 ]; then say "  … still: $name"; fi
  done
  outcome=0
  wait "$child" || outcome=$?
  child=
}

# A finished directory appears at once or not at all.
publish() { # directory-with-bin name
  rm -rf "${cache:?}/$2"
  mv "$1" "$cache/$2"
  find "$cache" -maxdepth 1 -name 'work.*' -mmin +240 -exec rm -rf {} + 2>/dev/null || true
}

# ── 2. A download ────────────────────────────────────────────────────────────────────────────────
kubernetes="${AGENT_WARDEN_KUBERNETES_VERSION:-1.30.0}"
fetch() { curl --fail --silent --show-error --location --connect-timeout 5 --max-time 600 --output "$2" "$1"; }
checked() { # sha-bits file sum
  printf '%s  %s\n' "$3" "$2" | "sha$1sum" --check --quiet
}

download_manager() { # version directory
  local url="https://dl.k8s.io/release/v$1/bin/linux/$arch/kube-controller-manager"
  fetch "$url.sha256" "$work/manager.sha256"
  fetch "$url" "$2/kube-controller-manager"
  checked 256 "$2/kube-controller-manager" "$(head -c 64 "$work/manager.sha256")"
  chmod 0755 "$2/kube-controller-manager"
}

download_envtest() {
  local name="envtest-v$kubernetes-linux-$arch.tar.gz"
  local url="https://github.com/kubernetes-sigs/controller-tools/releases/download/envtest-v$kubernetes/$name"
  mkdir -p "$work/envtest/bin"
  fetch "https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml" "$work/releases"
  fetch "$url" "$work/envtest.tar.gz"
  checked 512 "$work/envtest.tar.gz" "$(grep -A1 " $name:" "$work/releases" | sed -n 's/.*hash: //p')"
  tar -xzf "$work/envtest.tar.gz" -C "$work/envtest/bin" --strip-components=2
  download_manager "$kubernetes" "$work/envtest/bin"
}

# Complete the developer's own server with the one binary the envtest archive lacks.
complete_assets() {
  local server="$KUBEBUILDER_ASSETS/kube-apiserver" version
  version=$(version_of "$server")
  [ -n "$version" ]
  mkdir -p "$work/envtest/bin"
  ln -s "$server" "$KUBEBUILDER_ASSETS/etcd" "$work/envtest/bin/"
  ln -s "$(PATH="$KUBEBUILDER_ASSETS:$PATH" type -P kubectl)" "$work/envtest/bin/kubectl"
  download_manager "$version" "$work/envtest/bin"
}

if ! $node && [ "${AGENT_WARDEN_OFFLINE:-}" != 1 ] && command -v curl >/dev/null; then
  if [ -x "${KUBEBUILDER_ASSETS:-}/kube-apiserver" ] && [ -x "$KUBEBUILDER_ASSETS/etcd" ]; then
    step "getting the kube-controller-manager for KUBEBUILDER_ASSETS" complete_assets
    if worked; then
      publish "$work/envtest" "$(assets_name)"
      if found; then exit 0; fi
    fi
    say "  … not to be had; going on without KUBEBUILDER_ASSETS"
  fi
  step "downloading Kubernetes $kubernetes (envtest)" download_envtest
  if worked; then
    publish "$work/envtest" "envtest-$kubernetes"
    if found; then exit 0; fi
  fi
  say "  … not to be had; going on with Debian's packages"
fi
case "${AGENT_WARDEN_KUBERNETES_VERSION:-1.20.2}" in
  1.20.*) ;;
  *) fail "Kubernetes $AGENT_WARDEN_KUBERNETES_VERSION could not be downloaded" \
    "check the network, or unset AGENT_WARDEN_KUBERNETES_VERSION to build Debian's own version" ;;
esac

# ── 3. Debian bookworm, without touching the system ──────────────────────────────────────────────
by_hand="put ${names[*]} into one directory and set KUBEBUILDER_ASSETS to it"
for tool in apt-get dpkg-deb tar; do
  command -v "$tool" >/dev/null || fail "the internet is not reachable and this is not a Debian system ($tool is missing)" "$by_hand"
done
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

# The mirror is the machine's own: the one its apt asks for bookworm, or else for another Debian suite.
mirror_uris() { apt-get --print-uris update 2>/dev/null | sed -n "s#^'\(.*\)/dists/\($1\)/InRelease'.*#\1#p" | head -1; }
mirror=$(mirror_uris bookworm || true)
[ -n "$mirror" ] || mirror=$(mirror_uris 'bullseye\|trixie\|forky\|sid\|oldstable\|stable\|testing\|unstable' || true)
[ -n "$mirror" ] || fail "apt has no Debian mirror configured, so there is no source package to build" "$by_hand"

# Package lists and downloads live in the cache: /etc/apt and /var/lib/apt are only read.
apt="$cache/apt"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
options=(-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=
  -o Acquire::Retries=3 -o Acquire::Languages=none)
prepare_apt() {
  local signed=
  if [ -r "$keyring" ]; then signed="[signed-by=$keyring] "; fi
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/debs"
  printf '%s\n' "deb $signed$mirror bookworm main" "deb-src $signed$mirror bookworm main" >"$apt/sources.list"
  apt-get "${options[@]}" update
}
unpack() { # directory package...
  local directory=$1 package file
  shift
  cd "$apt/debs"
  for package in "$@"; do
    apt-get "${options[@]}" download "$package"
    file=$(find . -name "${package}_*.deb" -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2)
    dpkg-deb --extract "$file" "$directory"
  done
}

# Build tools the machine lacks are unpacked beside the source, not installed.
get_tools() {
  local wanted=(golang-1.19-go golang-1.19-src) tool
  for tool in make patch; do command -v "$tool" >/dev/null || wanted+=("$tool"); done
  command -v rsync >/dev/null || wanted+=(rsync libpopt0 libxxhash0)
  command -v jq >/dev/null || wanted+=(jq libjq1 libonig5)
  unpack "$work/tools" "${wanted[@]}"
  "$work/tools/usr/lib/go-1.19/bin/go" version
}
get_source() {
  mkdir -p "$work/source"
  export PATH="$work/tools/usr/bin:$PATH"
  cd "$apt/debs"
  apt-get "${options[@]}" source --download-only kubernetes
  tar -xf "$(ls -t kubernetes_*.orig.tar.* | head -1)" -C "$work/source" --strip-components=1
  tar -xf "$(ls -t kubernetes_*.debian.tar.* | head -1)" -C "$work/source"
  cd "$work/source"
  local patch
  while read -r patch _; do
    case "$patch" in '' | '#'*) continue ;; esac
    patch --quiet --forward --strip=1 --input="debian/patches/$patch"
  done <debian/patches/series
  # The vendored reflect2 1.0.1 calls a runtime function by a signature that Go changed in 1.18: the server would crash
  # at its first custom resource. Debian packages the mended version.
  local reflect2="$work/source/vendor/github.com/modern-go/reflect2"
  unpack "$work/reflect2" golang-github-modern-go-reflect2-dev
  rm -f "$reflect2"/*.go "$reflect2"/*.s
  cp "$work/reflect2/usr/share/gocode/src/github.com/modern-go/reflect2/"*.{go,s} "$reflect2/"
}
build() { # make targets
  cd "$work/source"
  local version
  version=$(head -1 debian/changelog | sed 's/.*(\(.*\)).*/\1/; s/.*really//; s/-.*//')
  mkdir -p .go/src/k8s.io
  ln -sfn ../../.. .go/src/k8s.io/kubernetes
  export GOPATH="$PWD/.go" GOROOT="$work/tools/usr/lib/go-1.19" GOCACHE="$work/go-build" CGO_ENABLED=0 GOFLAGS=
  export PATH="$GOROOT/bin:$work/tools/usr/bin:$PATH"
  export LD_LIBRARY_PATH="$work/tools/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")"
  export KUBE_GIT_VERSION="v$version" KUBE_GIT_TREE_STATE=clean KUBE_GIT_COMMIT=0000000000000000000000000000000000000000
  export KUBE_GIT_MAJOR="${version%%.*}" KUBE_GIT_MINOR="$(cut -d. -f2 <<<"$version")"
  make WHAT="$1"
  mkdir -p "$work/result/bin"
  cp _output/bin/kube* "$work/result/bin/"
}
get_etcd() {
  unpack "$work/etcd" etcd-server
  mkdir -p "$work/result/bin"
  cp "$work/etcd/usr/bin/etcd" "$work/result/bin/"
}
get_kubectl() {
  local present
  mkdir -p "$work/result/bin"
  if present=$(type -P kubectl); then ln -sfn "$present" "$work/result/bin/kubectl"; return; fi
  unpack "$work/kubectl" kubernetes-client
  cp "$work/kubectl/usr/bin/kubectl" "$work/result/bin/"
}
get_node() {
  local root="$work/node" result="$work/result" program
  unpack "$root" containerd runc containernetworking-plugins busybox-static iptables conntrack \
    libseccomp2 libip4tc2 libip6tc2 libxtables12 libnftnl11 libmnl0 libnfnetlink0 libnetfilter-conntrack3
  mkdir -p "$result/bin" "$result/node"
  cp "$root"/usr/bin/{containerd,containerd-shim-runc-v2,ctr} "$root"/usr/lib/cni/* "$root/bin/busybox" "$result/bin/"
  cp -a "$root"/usr/lib/*-linux-gnu* "$result/node/lib"
  cp -a "$root/usr/sbin" "$result/node/sbin"
  # These come with their libraries and extensions. iptables is known by the name that it is called by; nft is Debian's default.
  for program in {iptables,ip6tables}{,-save,-restore}; do ln -sfn xtables-nft-multi "$result/node/sbin/$program"; done
  for program in runc conntrack {iptables,ip6tables}{,-save,-restore}; do
    cat >"$result/bin/$program" <<'WRAPPER'
#!/bin/sh
node=${0%/*}/../node
LD_LIBRARY_PATH=$node/lib XTABLES_LIBDIR=$node/lib/xtables exec "$node/sbin/${0##*/}" "$@"
WRAPPER
    chmod 0755 "$result/bin/$program"
  done
}

again="see the log; 'apt-get update' must work on this machine. Or $by_hand"
step "reading the package lists" prepare_apt
worked || fail "apt could not read Debian bookworm" "$again"
step "getting etcd" get_etcd
worked || fail "the etcd-server package could not be unpacked" "$again"
step "getting kubectl" get_kubectl
worked || fail "the kubernetes-client package could not be unpacked" "$again"
step "getting the build tools" get_tools
worked || fail "the build tools could not be unpacked" "$again"
step "getting the Kubernetes source" get_source
worked || fail "the kubernetes source package could not be unpacked" "$again"
targets="cmd/kube-apiserver cmd/kube-controller-manager"
if $node; then
  step "getting containerd, runc and cni" get_node
  worked || fail "the node packages could not be unpacked" "$again"
  targets+=" cmd/kubelet cmd/kube-scheduler cmd/kube-proxy"
fi
step "building ${targets//cmd\//} (minutes)" build "$targets"
worked || fail "the build failed" "see the log; it needs about 3 GB of disk and 2 GB of memory. Or $by_hand"
version=$(version_of "$work/result/bin/kube-apiserver")
[ -n "$version" ] || fail "the built kube-apiserver does not start" "see the log; delete $cache and try again"
# A node's binaries get a directory of their own: the smaller one may be in use.
result="debian-$recipe-$version$(if $node; then echo -node; fi)"
publish "$work/result" "$result"
say "done: Kubernetes $version"
has_all "$cache/$result/bin" || fail "the result in $cache/$result is incomplete" "delete $cache and try again"
printf '%s\n' "$cache/$result/bin"
