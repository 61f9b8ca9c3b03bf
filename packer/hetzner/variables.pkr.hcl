variable "iso" {
  description = "The ISO of Bhojpur OS, a file of this machine."
  type        = string
  default     = "../../dist/artifacts/bos-amd64.iso"
}

variable "opsctl" {
  description = "opsctl as one file, of the same build as the ISO."
  type        = string
  default     = "../../dist/artifacts/opsctl-linux-amd64"
}

variable "config" {
  description = "The configuration of the installed system, checked with: opsctl config validate FILE"
  type        = string
  default     = "config.yaml"
}

variable "token" {
  description = "An API token with the right to write. Give it as PKR_VAR_token."
  type        = string
  sensitive   = true
}

variable "location" {
  description = "Where the building machine is."
  type        = string
  default     = "nbg1"
}

variable "server_type" {
  description = "The machine that builds it: x86-64, the smallest disk that you will use."
  type        = string
  default     = "cx22"
}

variable "snapshot_name" {
  description = "The snapshot gets this name, followed by the time."
  type        = string
  default     = "bhojpur-os"
}
