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

variable "project_id" {
  description = "The project in which the image is built and kept."
  type        = string
}

variable "zone" {
  description = "The zone of the building machine."
  type        = string
  default     = "europe-west3-a"
}

variable "machine_type" {
  description = "The machine that builds it: x86-64."
  type        = string
  default     = "e2-small"
}

variable "image_family" {
  description = "The family of the image, and the beginning of its name."
  type        = string
  default     = "bhojpur-os"
}

variable "disk_size" {
  description = "GB of the image's disk; it grows to the size of the disk that it is copied to."
  type        = number
  default     = 10
}

variable "power_off_minutes" {
  description = "How long to wait until the machine has taken itself over and powered off."
  type        = number
  default     = 20
}
