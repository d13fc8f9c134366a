#!/bin/sh
# Runs one server and makes sure it does not outlive its owner: stdin is a pipe the owner holds open,
# and a pipe closes however its owner dies. The caller starts this with setsid, so that Ctrl-C in a
# terminal reaches the owner only, and the process group ($$) is the server's alone.
#   supervise.sh LOG CLEANUP PROGRAM ARGUMENT...     CLEANUP: a directory to delete with a dead owner, or ""
log=$1 cleanup=$2
shift 2
exec 3<&0 </dev/null >>"$log" 2>&1

# A TERM to the group is for the server; this shell stays until the server has ended.
trap : TERM
orphaned=false
trap 'orphaned=true' USR1
"$@" 3<&- &
server=$!

(
  trap '' TERM
  read -r _ <&3
  kill -USR1 $$
  kill -KILL "$server"
  if [ -n "$cleanup" ]; then
    sleep 1
    rm -rf "$cleanup"
  fi
) &
watchdog=$!
exec 3<&-

while kill -0 "$server" 2>/dev/null; do
  wait "$server"
  code=$?
done
# With the owner alive there is nothing left to watch. With the owner dead the watchdog is cleaning up.
# (Its word counts, not the parent's id: a dying owner closes its pipes before it stops being our parent.)
if $orphaned; then
  wait "$watchdog"
else
  kill -KILL "$watchdog" 2>/dev/null
fi
exit "${code:-0}"
