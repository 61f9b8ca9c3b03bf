#!/bin/sh
# Waits until the machine has powered itself off; fails after MINUTES, so that no half-made disk becomes an image.
set -eu
: "${INSTANCE:?}" "${PROJECT:?}" "${ZONE:?}" "${MINUTES:?}"

tries=$((MINUTES * 6))
while [ "$tries" -gt 0 ]; do
  status=$(gcloud compute instances describe "$INSTANCE" --project "$PROJECT" --zone "$ZONE" --format 'value(status)') ||
    status=unknown
  [ "$status" != TERMINATED ] || exit 0
  sleep 10
  tries=$((tries - 1))
done
echo "$INSTANCE has not powered off in $MINUTES minutes (its status is $status)" >&2
exit 1
