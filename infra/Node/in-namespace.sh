#!/usr/bin/env bash
# Runs a command where a node may do as it likes: with a network, processes and mounts of its own. The host's interfaces,
# iptables, /run, /tmp and /var are not touched, and when the command ends, however it ends, all that it started ends too.
#   in-namespace.sh COMMAND ARGUMENT...
set -euo pipefail
if [ "$#" -eq 0 ]; then
  echo "in-namespace: give a command" >&2
  exit 2
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "in-namespace: a node needs root: it makes network and mount namespaces, and cgroups. Run it with sudo." >&2
  exit 1
fi

# Its own tools, because a small machine may have no 'ip'.
busybox=$(bash "$(dirname "${BASH_SOURCE[0]}")/../ControlPlane/get-binaries.sh" --node | tail -n 1)/busybox

# Everything is written into memory and is gone with the mounts. /var keeps what is read from it.
# The first process reaps what others leave behind, so it stays a shell.
# shellcheck disable=SC2016 # expanded inside
exec unshare --net --mount --pid --fork --kill-child --mount-proc bash -euc '
  mount -t tmpfs tmpfs /tmp
  mount -t tmpfs tmpfs /run
  mkdir /tmp/.var /tmp/.work
  mount -t overlay overlay -o lowerdir=/var,upperdir=/tmp/.var,workdir=/tmp/.work /var
  "$0" ip link set lo up
  code=0
  "$@" || code=$?
  exit "$code"
' "$busybox" "$@"
