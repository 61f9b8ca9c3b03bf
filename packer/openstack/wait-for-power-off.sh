#!/bin/sh
# Waits until the machine has powered itself off; fails after MINUTES, so that no half-made disk becomes an image.
set -eu
: "${INSTANCE:?}" "${MINUTES:?}"
[ -n "${OS_REGION_NAME:-}" ] || unset OS_REGION_NAME

tries=$((MINUTES * 6))
while [ "$tries" -gt 0 ]; do
  status=$(openstack server show "$INSTANCE" --format value --column status) || status=unknown
  [ "$status" != SHUTOFF ] || exit 0
  sleep 10
  tries=$((tries - 1))
done
echo "$INSTANCE has not powered off in $MINUTES minutes (its status is $status)" >&2
exit 1
