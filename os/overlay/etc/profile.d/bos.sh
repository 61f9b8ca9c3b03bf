export KUBECONFIG=/etc/bhojpur/dcp/dcp.yaml
