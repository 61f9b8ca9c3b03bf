variable "iso" {
  description = "An ISO that installs by itself and powers off; README.md says how it is made."
  type        = string
  default     = "bos-unattended.iso"
}

variable "iso_checksum" {
  description = "Of that ISO, such as sha256:HEX; none for a file that you have just made."
  type        = string
  default     = "none"
}

variable "power_off_timeout" {
  description = "How long to wait until the installed machine powers itself off."
  type        = string
  default     = "30m"
}

variable "accelerator" {
  description = "For libvirt: kvm, or tcg where there is no KVM."
  type        = string
  default     = "kvm"
}

variable "disk_size" {
  description = "MB of the box's disk."
  type        = number
  default     = 20480
}

variable "memory" {
  description = "MB of memory of the machine that installs."
  type        = number
  default     = 1024
}
