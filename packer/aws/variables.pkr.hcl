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

variable "region" {
  description = "The region in which the image is built."
  type        = string
  default     = "eu-central-1"
}

variable "instance_type" {
  description = "The machine that builds it: x86-64."
  type        = string
  default     = "t3.small"
}

variable "image_name" {
  description = "The AMI gets this name, followed by the time."
  type        = string
  default     = "bhojpur-os"
}

variable "disk_size" {
  description = "GB of the image's disk; it grows to the size of the disk that it is copied to."
  type        = number
  default     = 8
}

variable "subnet_id" {
  description = "The subnet of the building machine; empty for the default VPC."
  type        = string
  default     = ""
}
