#!/bin/sh
# Stands in for DCP: says how it was started. The arguments, one a line in base64, are in place before the plain file
# says that it was started.
case $1 in
  server|agent)
    for argument; do printf %s "$argument" | base64 -w0; echo; done > /run/dcp-arguments.b64
    env > /run/dcp-environment
    if [ "$1" = server ]; then
      mkdir -p /etc/bhojpur/dcp /etc/bhojpur/node
      echo 'who: the stand-in' > /etc/bhojpur/dcp/dcp.yaml
      chmod 0640 /etc/bhojpur/dcp/dcp.yaml
      echo a-password > /etc/bhojpur/node/password
    fi
    echo "$*" > /run/dcp-arguments
    exec sleep infinity ;;
  kubectl) shift; cat "$KUBECONFIG" && echo "asked for: $*" ;;
esac
