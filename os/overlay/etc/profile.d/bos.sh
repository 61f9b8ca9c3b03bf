# shellcheck shell=sh
# Every login's kubectl finds the cluster of this machine.
export KUBECONFIG=/etc/bhojpur/dcp/dcp.yaml
