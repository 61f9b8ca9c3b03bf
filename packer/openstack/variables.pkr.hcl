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

variable "auth_url" {
  description = "The identity service: OS_AUTH_URL, ending in /v3."
  type        = string
}

variable "application_credential_id" {
  description = "The id of an application credential."
  type        = string
}

variable "application_credential_secret" {
  description = "Its secret. Give it as PKR_VAR_application_credential_secret."
  type        = string
  sensitive   = true
}

variable "region" {
  description = "The region; empty where there is only one."
  type        = string
  default     = ""
}

variable "flavor" {
  description = "The machine that builds it: x86-64, with a disk of 8 GB at least."
  type        = string
  default     = "m1.small"
}

variable "source_image" {
  description = "The name of an image of Debian 12 (debian-12-generic-amd64)."
  type        = string
  default     = "debian-12"
}

variable "ssh_username" {
  description = "The user of that image."
  type        = string
  default     = "debian"
}

variable "networks" {
  description = "Ids of the networks of the building machine."
  type        = list(string)
  default     = []
}

variable "floating_ip_network" {
  description = "The network to take a floating address from; empty for none."
  type        = string
  default     = ""
}

variable "image_name" {
  description = "The image gets this name, followed by the time."
  type        = string
  default     = "bhojpur-os"
}

variable "power_off_minutes" {
  description = "How long to wait until the machine has taken itself over and powered off."
  type        = number
  default     = 20
}
