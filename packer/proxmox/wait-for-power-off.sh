#!/bin/sh
# Waits until the machine has powered itself off; fails after MINUTES, so that no half-made disk becomes a template.
# The password goes to curl through a pipe: arguments can be read by everybody on this machine.
set -eu
: "${API:?}" "${PROXMOX_USERNAME:?}" "${PROXMOX_PASSWORD:?}" "${NODE:?}" "${VM_ID:?}" "${MINUTES:?}"

ask() {
  if [ "${INSECURE:-false}" = true ]; then set -- --insecure "$@"; fi
  curl --silent --show-error --fail --max-time 30 "$@"
}
# The value of a text in JSON: what Proxmox answers has no escapes in these.
value() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

status=unknown
tries=$((MINUTES * 6))
while [ "$tries" -gt 0 ]; do
  # A ticket lasts for two hours; a new one each time is simpler than to know when.
  ticket=$(printf '%s' "$PROXMOX_PASSWORD" |
    ask --data-urlencode "username=$PROXMOX_USERNAME" --data-urlencode password@- "$API/access/ticket" | value ticket) || ticket=''
  if [ -n "$ticket" ]; then
    status=$(printf 'Cookie: PVEAuthCookie=%s\n' "$ticket" |
      ask --header @- "$API/nodes/$NODE/qemu/$VM_ID/status/current" | value status) || status=unknown
    [ "$status" != stopped ] || exit 0
  fi
  sleep 10
  tries=$((tries - 1))
done
echo "Machine $VM_ID has not powered off in $MINUTES minutes (its status is ${status:-unknown})" >&2
exit 1
